//! The public reasons that only the registry gives; each has a page in `docs/errors/`.

unionhall_kit::reasons! {
    /// A unified social credit code has not exactly 18 characters.
    CREDIT_CODE_LENGTH: InvalidArgument,
        "a unified social credit code has 18 characters, not {found}",
        "统一社会信用代码应为18位，实为{found}位";
    /// A character is outside the 31 that GB 32100-2015 allows.
    CREDIT_CODE_CHARACTER: InvalidArgument,
        "'{character}' at position {position} cannot stand in a unified social credit code (I, O, S, V and Z are never used)",
        "统一社会信用代码第{position}位“{character}”不合规（不使用I、O、S、V、Z）";
    /// Positions 3 to 8, the division of the registering authority, are not digits.
    CREDIT_CODE_DIVISION: InvalidArgument,
        "position {position} of the unified social credit code belongs to the division code and must be a digit",
        "统一社会信用代码第{position}位属登记机关行政区划码，应为数字";
    /// The first character names no registering authority.
    CREDIT_CODE_AUTHORITY: InvalidArgument,
        "no registering authority has the code '{authority}'",
        "登记管理部门代码“{authority}”不存在";
    /// A check character of the credit code does not fit the others.
    CREDIT_CODE_CHECK: InvalidArgument,
        "the unified social credit code has a wrong check character ({which}); compare it with the certificate",
        "统一社会信用代码校验位错误（{which}），请与证照核对";
    /// An organisation code has not exactly 9 characters.
    ORGANISATION_CODE_LENGTH: InvalidArgument,
        "an organisation code has 9 characters, not {found}",
        "组织机构代码应为9位，实为{found}位";
    /// A character is neither a digit nor a letter.
    ORGANISATION_CODE_CHARACTER: InvalidArgument,
        "'{character}' at position {position} cannot stand in an organisation code",
        "组织机构代码第{position}位“{character}”不合规";
    /// The check character of the organisation code does not fit the others.
    ORGANISATION_CODE_CHECK: InvalidArgument,
        "the organisation code has a wrong check character; compare it with the certificate",
        "组织机构代码校验位错误，请与证照核对";
    /// A name is empty, too long, or holds characters that no name needs.
    NAME_INVALID: InvalidArgument,
        "a name has 1 to {limit} characters, without control characters, direction marks or pictographs",
        "名称应为1至{limit}个字符，不得含控制字符、方向标记或表情符号";
    /// A label is no area label.
    AREA_LABEL_INVALID: InvalidArgument,
        "'{label}' is no area label: 2, 4, 6, 9 or 12 characters of 0-9 and a-z",
        "“{label}”不是有效的区域标识：应为2、4、6、9或12位数字或小写字母";
    /// A code is no official division code.
    OFFICIAL_CODE_INVALID: InvalidArgument,
        "'{code}' is no official division code: 2, 4, 6, 9 or 12 digits that do not begin with 0",
        "“{code}”不是有效的行政区划代码：应为2、4、6、9或12位数字且不以0开头";
    /// The area does not exist.
    AREA_UNKNOWN: FailedPrecondition,
        "the area {area} does not exist",
        "区域{area}不存在";
    /// The area is closed, or was not yet open on the day.
    AREA_NOT_OPEN: FailedPrecondition,
        "the area {area} is not open on {day}",
        "区域{area}在{day}未启用或已撤销";
    /// A label is never used twice, because figures and scopes of the past name it.
    AREA_LABEL_TAKEN: AlreadyExists,
        "the label {area} is or was in use; choose another, for labels are never used twice",
        "区域标识{area}已被使用或曾被使用，请另选标识";
    /// A sibling has the name on the same day.
    AREA_NAME_TAKEN: AlreadyExists,
        "{area} has the name '{name}' already, under the same parent",
        "同级区域{area}已使用名称“{name}”";
    /// The area has children that are open on or after the day.
    AREA_HAS_CHILDREN: FailedPrecondition,
        "{area} has areas below it that are open, for instance {child}; close or move them first",
        "区域{area}下仍有未撤销的区域（如{child}），请先撤销或调整";
    /// Employers lie in the area and nothing takes it over.
    AREA_OCCUPIED: FailedPrecondition,
        "{count} employers lie in {area}; name a successor or move them first",
        "区域{area}内仍有{count}家单位，请指定后继区域或先行迁出";
    /// The change would take effect after today.
    AREA_CHANGE_IN_FUTURE: InvalidArgument,
        "the change cannot take effect on {day}, which is after today",
        "变更生效日{day}晚于今日";
    /// The change would take effect before an earlier recorded one.
    AREA_CHANGE_TOO_EARLY: FailedPrecondition,
        "the change of {area} cannot take effect before {earliest}",
        "区域{area}的变更不能早于{earliest}生效";
    /// The areas of a structural change are not of one level.
    AREA_LEVEL_MISMATCH: InvalidArgument,
        "{area} and {other} are not of one level",
        "区域{area}与{other}级别不同";
    /// A move keeps the parent.
    AREA_PARENT_UNCHANGED: InvalidArgument,
        "{area} lies below that parent already; a move needs another one, a new name is a rename",
        "区域{area}已归属该上级；调整归属须更换上级，仅改名请使用更名";
    /// A merge or split has too few or repeated participants.
    AREA_PARTICIPANTS: InvalidArgument,
        "a merge into an existing area needs one other area, a merge into a new area two, a split two successors; each is named once",
        "并入现有区域须至少有一个其他区域，合并为新区域须至少有两个区域，拆分须至少有两个后继区域，且均不得重复";
    /// Another open area holds the official code.
    OFFICIAL_CODE_TAKEN: AlreadyExists,
        "{area} holds the official code {code} in that period",
        "该期间行政区划代码{code}已归属区域{area}";
}
