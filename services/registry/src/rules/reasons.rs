//! The public reasons that only the registry gives; each has a page in `docs/errors/`.
//!
//! `{problem}` is English and `{problem_zh}` Chinese: one reason, told apart by its detail.

unionhall_kit::reasons! {
    /// The text is no unified social credit code (GB 32100-2015).
    CREDIT_CODE_INVALID: InvalidArgument,
        "the unified social credit code is wrong: {problem}; compare it with the certificate",
        "统一社会信用代码有误：{problem_zh}，请与证照核对";
    /// The text is no organisation code (GB 11714).
    ORGANISATION_CODE_INVALID: InvalidArgument,
        "the organisation code is wrong: {problem}; compare it with the certificate",
        "组织机构代码有误：{problem_zh}，请与证照核对";
    /// A name is empty, too long, or holds characters that no name needs.
    NAME_INVALID: InvalidArgument,
        "a name has 1 to {limit} characters, without control characters, direction marks or pictographs",
        "名称应为1至{limit}个字符，不得含控制字符、方向标记或表情符号";
    /// A label is no area label.
    AREA_LABEL_INVALID: InvalidArgument,
        "'{label}' is no area label: 2, 4, 6, 9 or 12 digits",
        "“{label}”不是有效的区域标识：应为2、4、6、9或12位数字";
    /// A code is no official division code.
    OFFICIAL_CODE_INVALID: InvalidArgument,
        "'{code}' is no official division code: 2, 4, 6, 9 or 12 digits that do not begin with 0",
        "“{code}”不是有效的行政区划代码：应为2、4、6、9或12位数字且不以0开头";
    /// The area does not exist on the day, or has ended since.
    AREA_NOT_OPEN: FailedPrecondition,
        "the area {area} is not open on {day}",
        "区域{area}在{day}不存在或已撤销";
    /// The parent of a new area does not exist on the day, or has ended since.
    AREA_PARENT_NOT_OPEN: FailedPrecondition,
        "the parent area {area} is not open on {day}",
        "上级区域{area}在{day}不存在或已撤销";
    /// A sibling has the name on the same day.
    AREA_NAME_TAKEN: AlreadyExists,
        "{area} has the name '{name}' already, under the same parent",
        "同级区域{area}已使用名称“{name}”";
    /// The area has children that are open on or after the day.
    AREA_HAS_CHILDREN: FailedPrecondition,
        "{area} has areas below it that are open, for instance {child}; close or move them first",
        "区域{area}下仍有未撤销的区域（如{child}），请先撤销或调整";
    /// Employers lie in the area and nothing takes it over.
    AREA_HAS_RECORDS: FailedPrecondition,
        "{count} employers and unions lie in {area}; merge it into another area or move them first",
        "区域{area}内仍有{count}家单位和工会，请并入其他区域或先行迁出";
    /// The day of the change contradicts today or what is recorded.
    AREA_DATE_INVALID: InvalidArgument,
        "the change cannot take effect on that day: {problem}",
        "生效日期无效：{problem_zh}";
    /// The areas of a structural change are not of one level.
    AREA_LEVEL_MISMATCH: InvalidArgument,
        "{area} and {other} are not of one level",
        "区域{area}与{other}级别不同";
    /// A move keeps the parent.
    AREA_PARENT_UNCHANGED: InvalidArgument,
        "{area} lies below that parent already; a move needs another one, a new name is a rename",
        "区域{area}已归属该上级；调整归属须更换上级，仅改名请使用更名";
    /// A merge has no source, or names an area twice.
    AREA_PARTICIPANTS_INVALID: InvalidArgument,
        "a merge needs one or more areas beside the one that takes over, each named once",
        "合并须至少有一个被并入区域，且各区域不得重复";
    /// Another open area holds the official code.
    OFFICIAL_CODE_TAKEN: AlreadyExists,
        "{area} holds the official code {code} in that period",
        "该期间行政区划代码{code}已归属区域{area}";
    /// An employer needs a credit code or an organisation code.
    EMPLOYER_NOT_IDENTIFIED: InvalidArgument,
        "an employer needs a unified social credit code, or an organisation code where it has none yet",
        "单位须有统一社会信用代码；尚无该代码的，须有组织机构代码";
    /// The codes of one employer name different bodies.
    EMPLOYER_CODES_DIFFER: InvalidArgument,
        "{code} and {other} name different bodies: the organisation code must equal positions 9-17 of the credit code",
        "{code}与{other}不是同一机构：组织机构代码须与统一社会信用代码第9至17位一致";
    /// A field that every employer has is missing.
    EMPLOYER_INCOMPLETE: InvalidArgument,
        "an employer needs the field '{field}'",
        "单位缺少必填项“{field}”";
    /// A code is not in its list on the day.
    CODE_UNKNOWN: InvalidArgument,
        "'{code}' is not in the code list {list} on {day}",
        "代码“{code}”在{day}不属于代码表{list}";
    /// A headcount contradicts itself or its limits.
    WORKFORCE_INVALID: InvalidArgument,
        "the headcount is wrong: {problem}",
        "职工人数有误：{problem_zh}";
    /// The day of the change contradicts today, the establishment or what is recorded.
    EMPLOYER_DATE_INVALID: InvalidArgument,
        "the change cannot take effect on {day}: {problem}",
        "变更不能于{day}生效：{problem_zh}";
    /// The employer has ended by the day.
    EMPLOYER_CLOSED: FailedPrecondition,
        "the employer ended on {day}; only what held before can still be corrected",
        "单位已于{day}注销，只能更正此前的信息";
    /// Another employer has the credit code or organisation code. `employer` is its name, or `-`
    /// for a caller who does not see it.
    EMPLOYER_EXISTS: AlreadyExists,
        "an employer with the code {code} exists already ({employer})",
        "代码为{code}的单位已存在（{employer}）";
    /// A text is too long or holds characters that it does not need.
    EMPLOYER_TEXT_INVALID: InvalidArgument,
        "the field '{field}' has at most {limit} characters, without control characters, direction marks or pictographs",
        "“{field}”至多{limit}个字符，不得含控制字符、方向标记或表情符号";
    /// Another union covers the employer. `union` is its name, or `-` for a caller who does not see
    /// it.
    EMPLOYER_COVERED: FailedPrecondition,
        "the employer is covered by another union ({union}) on {day}; name it as the previous one to take the employer over",
        "该单位在{day}已由其他工会覆盖（{union}），如需转接请将其填为 previous_union";
    /// No union covers the employer.
    EMPLOYER_NOT_COVERED: FailedPrecondition,
        "no union covers the employer on {day}",
        "该单位在{day}没有工会覆盖";
    /// The union cannot cover the employer.
    COVER_INVALID: FailedPrecondition,
        "the union cannot cover the employer: {problem}",
        "该工会不能覆盖该单位：{problem_zh}";
    /// A fact without which no union is entered.
    UNION_INCOMPLETE: InvalidArgument,
        "the field '{field}' is needed to enter a union",
        "登记工会须填写“{field}”";
    /// A credit code that is right but not of a union.
    UNION_CODE_CATEGORY: InvalidArgument,
        "{code} is not a union's code: those begin with 81 (basic union) or 89 (other)",
        "{code}不是工会的统一社会信用代码：应以81（基层工会）或89（其他）开头";
    /// Type, employer and territory of a union do not fit each other.
    UNION_KIND_INVALID: InvalidArgument,
        "a union of the type {type} cannot be so: {problem}",
        "组织类型{type}有误：{problem_zh}";
    /// A text of a union is too long or holds characters that it does not need.
    UNION_TEXT_INVALID: InvalidArgument,
        "the field '{field}' has 1 to {limit} characters, without control characters, direction marks or pictographs",
        "“{field}”为1至{limit}个字符，不得含控制字符、方向标记或表情符号";
    /// The day of the change contradicts today, the establishment or what is recorded.
    UNION_DATE_INVALID: InvalidArgument,
        "the change cannot take effect on {day}: {problem}",
        "变更不能于{day}生效：{problem_zh}";
    /// The union has ended by the day.
    UNION_ENDED: FailedPrecondition,
        "the union ended on {day}; only what held before can still be corrected",
        "工会已于{day}终止，只能更正此前的信息";
    /// The union named as the one above cannot be it.
    SUPERIOR_INVALID: FailedPrecondition,
        "the union above cannot be so: {problem}",
        "上级工会有误：{problem_zh}";
    /// The term cannot be so.
    TERM_INVALID: InvalidArgument,
        "the term cannot be so: {problem}",
        "届次有误：{problem_zh}";
    /// The committee, the position and the way into or out of an office do not fit.
    OFFICE_INVALID: FailedPrecondition,
        "the office cannot be so: {problem}",
        "任职有误：{problem_zh}";
    /// A rule bars the person from the position.
    OFFICER_BARRED: FailedPrecondition,
        "rule {rule} ({source}) bars this person: {fact}; {remedy}",
        "按规则{rule}（{source}），此人不得任该职务：{remedy_zh}";
    /// Another is the head of the committee at that time.
    OFFICE_TAKEN: FailedPrecondition,
        "another is head of the committee {committee} from {day}; end that office first",
        "{committee}委员会自{day}起已有负责人，请先办理其离任";
    /// The office has ended.
    OFFICE_ENDED: FailedPrecondition,
        "the office ended on {day}",
        "该任职已于{day}结束";
    /// The parts of an election do not belong together.
    ELECTION_CONTENT_INVALID: InvalidArgument,
        "the election cannot be recorded so: {problem}",
        "选举信息有误：{problem_zh}";
    /// The step does not follow from the state of the election.
    ELECTION_STATE_INVALID: FailedPrecondition,
        "an election that is {state} cannot take the step '{step}'",
        "选举处于{state}状态，不能办理{step}";
    /// Another election of the committee is under way.
    ELECTION_OPEN: FailedPrecondition,
        "another founding election or re-election of the union is under way ({election}); file, void or cancel it first",
        "该工会已有进行中的成立选举或换届选举（{election}），请先办结";
    /// The term of the union has not run out.
    TERM_NOT_OVERDUE: FailedPrecondition,
        "the term of the union has not run out on {day}, or is not recorded",
        "该工会{day}届期未满，或未登记届次";
    /// The election breaks mandatory rules of its day.
    ELECTION_INVALID: FailedPrecondition,
        "the election breaks these rules of its day and cannot be filed: {rules}",
        "选举违反当日有效的规则，不能报批：{rules}";
    /// The union does not bear the mark.
    UNION_MARK_ABSENT: FailedPrecondition,
        "the union does not bear the mark {mark} on {day}",
        "工会在{day}没有标记{mark}";
    /// Another union of the type has the area. `union` is its name, or `-` for a caller who does
    /// not see it.
    UNION_PLACE_TAKEN: AlreadyExists,
        "areas/{area} has a union of the type {type} already ({union}); an area has one",
        "区域{area}已有类型为{type}的工会（{union}），一个区域只能有一个";
    /// The employer has its own union. `union` is its name, or `-` for a caller who does not see it.
    EMPLOYER_HAS_UNION: AlreadyExists,
        "{employer} has its own union already ({union})",
        "单位{employer}已独立建会（{union}）";
    /// Another union has the credit code. `union` is its name, or `-` for a caller who does not
    /// see it.
    UNION_EXISTS: AlreadyExists,
        "a union with the code {code} exists already ({union})",
        "代码为{code}的工会已存在（{union}）";
    /// The employer would end before coverage begins that is recorded already. `union` is `-` for a
    /// caller who does not see it.
    EMPLOYER_COVERED_LATER: FailedPrecondition,
        "the employer comes under a union ({union}) on {day}, after its end; correct the day, or withdraw that coverage",
        "该单位{day}起由工会（{union}）覆盖，晚于其终止日；请更正日期或撤回该覆盖";
    /// The union still covers employers, has unions below it, or something else relies on it.
    UNION_NOT_EMPTY: FailedPrecondition,
        "on {day} the union still covers {employers} employers and has {unions} unions below it; end or move those first; {officers} offices, {elections} elections, {cases} formation cases, {splits} splits and {members} members rely on it too",
        "{day}时该工会仍覆盖{employers}家单位、下辖{unions}个工会，请先终止覆盖或改变隶属；另有{officers}项任职、{elections}次选举、{cases}个建会事项、{splits}次分立、{members}名会员依托该工会";
    /// What is said of an edition of the base register cannot be.
    BASE_REGISTER_INVALID: InvalidArgument,
        "the base register cannot be so: {problem}",
        "底册信息有误：{problem_zh}";
    /// The district has an edition of this name.
    BASE_REGISTER_EXISTS: AlreadyExists,
        "the district has an edition {edition} already ({base_register})",
        "该区已有版本为{edition}的底册（{base_register}）";
    /// The edition does not stand where the change needs it.
    BASE_REGISTER_STATE: FailedPrecondition,
        "the base register does not allow that: {problem}",
        "底册当前状态不允许此操作：{problem_zh}";
    /// A union cannot take the others in.
    UNION_MERGE_INVALID: FailedPrecondition,
        "the unions cannot be merged: {problem}",
        "工会不能合并：{problem_zh}";
    /// A union cannot be split so.
    UNION_SPLIT_INVALID: FailedPrecondition,
        "the union cannot be split so: {problem}",
        "工会不能如此分立：{problem_zh}";
    /// A union that ends by a split would leave employers without a union. `employers` are the first
    /// of them that the caller sees.
    UNION_SPLIT_REMAINS: FailedPrecondition,
        "on {day} the union still covers {count} employers whom no part names, among them {employers}",
        "{day}起仍有{count}家单位未列入任何新工会，其中有{employers}";
    /// A decision on the end or the split of a union contradicts itself or the register.
    UNION_DECISION_INVALID: FailedPrecondition,
        "the decision cannot be so: {problem}",
        "批复信息有误：{problem_zh}";
    /// Nothing is recorded that could be shown.
    UNION_CONTACT_ABSENT: FailedPrecondition,
        "the union has no contact with a mobile number",
        "该工会没有登记联系人手机号码";
    /// The employer, or the area for the type, has an open case. `case` is its name, or `-` for a
    /// caller who does not see it.
    FORMATION_CASE_OPEN: AlreadyExists,
        "a formation case is open already ({case}); go on with that one",
        "已有未办结的建会事项（{case}），请继续办理该事项";
    /// Something is missing before the step.
    FORMATION_INCOMPLETE: FailedPrecondition,
        "before this step the case still needs: {missing}",
        "办理该步骤前尚缺：{missing}";
    /// The step cannot follow on the state of the case.
    FORMATION_STEP_OUT_OF_ORDER: FailedPrecondition,
        "in the state {state} the step {step} cannot be taken: {problem}",
        "当前状态{state}不能办理步骤{step}：{problem_zh}";
    /// The day of a step contradicts today or the steps beside it.
    FORMATION_DATE_INVALID: InvalidArgument,
        "the step cannot have the day {day}: {problem}",
        "步骤日期不能为{day}：{problem_zh}";
    /// What a step says contradicts itself.
    FORMATION_STEP_INVALID: InvalidArgument,
        "the step {step} is wrong: {problem}",
        "步骤{step}有误：{problem_zh}";
    /// The step made a union or covers an employer, or may only be taken by the method that does.
    FORMATION_STEP_FIXED: FailedPrecondition,
        "the step {step} is made by its own method and corrected at the union, not in the case",
        "步骤{step}由专门方法办理，须在工会信息中更正";
    /// A rule that held on the day says otherwise.
    FORMATION_RULE_BROKEN: FailedPrecondition,
        "rule {rule} of that day says otherwise: {problem} ({source})",
        "不符合当日有效的规则{rule}：{problem_zh}（{source}）";
    /// The text is no number of a document of the kind. The number is never repeated.
    DOCUMENT_INVALID: InvalidArgument,
        "the number of the {document} (type {kind}) is wrong: {problem}; compare it with the document",
        "{document_zh}（证件类型{kind}）的号码有误：{problem_zh}，请与证件核对";
    /// The days on which a document is valid cannot be so.
    DOCUMENT_VALIDITY_INVALID: InvalidArgument,
        "the validity of the document is wrong: {problem}",
        "证件有效期限有误：{problem_zh}";
    /// What is stated of a person is not what the number of the document says.
    DOCUMENT_CONTRADICTED: InvalidArgument,
        "the field '{field}' and the number of the document are not of one person; compare both with the document",
        "“{field_zh}”与证件号码不一致，请与证件核对";
    /// The text is no name of a person.
    PERSON_NAME_INVALID: InvalidArgument,
        "the name of the person is wrong: {problem}",
        "姓名有误：{problem_zh}";
    /// The text is no mobile number. The number is never repeated.
    MOBILE_INVALID: InvalidArgument,
        "the mobile number is wrong: {problem}",
        "手机号码有误：{problem_zh}";
    /// A field is missing without which nobody is entered.
    MEMBER_INCOMPLETE: InvalidArgument,
        "the field '{field}' is missing",
        "缺少必填项“{field}”";
    /// A text of a member is too long or holds what it must not.
    MEMBER_TEXT_INVALID: InvalidArgument,
        "the field '{field}' cannot be so: {problem}",
        "“{field}”填写有误：{problem_zh}";
    /// The day of a change contradicts today, the birth or what is recorded.
    MEMBER_DATE_INVALID: InvalidArgument,
        "the day {day} is wrong: {problem}",
        "日期{day}有误：{problem_zh}";
    /// The employer is not in the register, or not active on the day.
    MEMBER_EMPLOYER_INVALID: FailedPrecondition,
        "the employer is not in the register, or it has ended by {day}",
        "单位未登记，或在{day}已终止";
    /// The document is another member's.
    MEMBER_EXISTS: AlreadyExists,
        "the person is in the register already: {member}",
        "该人员已登记：{member}";
    /// What is personal was erased, or the record was merged into another one.
    MEMBER_ERASED: FailedPrecondition,
        "{member} was erased or merged and does not change any more",
        "{member}的个人信息已删除或已合并，不再变更";
    /// The step does not follow from how the person stands to the unions.
    MEMBERSHIP_STEP_INVALID: FailedPrecondition,
        "{step} does not follow from {standing}; look at the passages of the member",
        "当前状态{standing}不能进行{step}，请核对会籍变动记录";
    /// The union cannot take the member.
    MEMBERSHIP_UNION_INVALID: FailedPrecondition,
        "the union cannot take the member: {problem}",
        "该工会不能接收会员：{problem_zh}";
    /// What protected values are needed for is not said, or says too much.
    PURPOSE_INVALID: InvalidArgument,
        "the reason is wrong: {problem}",
        "理由有误：{problem_zh}";
    /// The correction of a document has nothing to correct.
    DOCUMENT_CORRECTION_INVALID: FailedPrecondition,
        "there is nothing to correct: {problem}",
        "无可更正：{problem_zh}";
    /// Two records cannot become one.
    MEMBER_MERGE_INVALID: FailedPrecondition,
        "the records cannot be merged: {problem}",
        "记录不能合并：{problem_zh}";
    /// A merge cannot be taken back.
    MEMBER_UNMERGE_INVALID: FailedPrecondition,
        "the merge cannot be taken back: {problem}",
        "合并不能撤销：{problem_zh}";
    /// The person cannot be erased yet.
    MEMBER_ERASURE_INVALID: FailedPrecondition,
        "the person cannot be erased: {problem}",
        "暂不能删除：{problem_zh}";
    /// A request of a person, or its answer, cannot be so.
    SUBJECT_REQUEST_INVALID: FailedPrecondition,
        "the request of the person cannot be so: {problem}",
        "个人请求信息有误：{problem_zh}";
}
