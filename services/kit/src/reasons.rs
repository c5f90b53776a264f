//! The reasons that any service may give. Domain reasons live in their service's `rules`.

crate::reasons! {
    /// One or more request fields break their documented rules.
    INVALID_FIELD: InvalidArgument,
        "the request has invalid fields; see the field violations",
        "请求字段无效，详见各字段说明";
    /// A field mask names a path that the resource does not have.
    UNKNOWN_MASK_PATH: InvalidArgument,
        "update_mask names '{path}', which the resource does not have",
        "update_mask 中的路径“{path}”不存在";
    /// The page token was not made by this method for this query and caller.
    PAGE_TOKEN_INVALID: InvalidArgument,
        "the page token does not belong to this query; start again without a page token",
        "分页令牌与本次查询不符，请不带令牌重新查询";
    /// The filter does not follow the grammar or names a field that cannot be filtered.
    INVALID_FILTER: InvalidArgument,
        "the filter is not valid: {detail}",
        "过滤条件无效：{detail_zh}";
    /// The resource does not exist or lies outside the caller's scope.
    NOT_FOUND: NotFound,
        "{name} does not exist or lies outside your scope",
        "{name} 不存在或不在您的权限范围内";
    /// The resource exists already.
    ALREADY_EXISTS: AlreadyExists,
        "{name} exists already",
        "{name} 已存在";
    /// The etag is not that of the present version.
    ETAG_MISMATCH: Aborted,
        "the record has changed since etag '{etag}' was read; read it again, then repeat the change",
        "记录在读取 etag“{etag}”后已被修改，请重新读取后再提交";
    /// The request id was used before with another body.
    REQUEST_ID_REUSED: InvalidArgument,
        "request_id '{request_id}' was used for another request; use a fresh UUID",
        "request_id“{request_id}”已用于另一请求，请使用新的 UUID";
    /// A concurrent change got in the way.
    CONFLICT: Aborted,
        "a concurrent change got in the way; repeat the call",
        "与并发修改冲突，请重试";
    /// No valid bearer token came with the call. One text for every cause.
    UNAUTHENTICATED: Unauthenticated,
        "the call needs a valid bearer token in 'authorization'",
        "调用须在 authorization 中携带有效的令牌";
    /// The caller's roles do not include the method's permission.
    PERMISSION_DENIED: PermissionDenied,
        "this needs the permission '{permission}'",
        "此操作需要权限“{permission}”";
    /// The node lies outside the caller's scope.
    OUT_OF_SCOPE: PermissionDenied,
        "'{node}' does not lie wholly inside your scope",
        "“{node}”不完全在您的权限范围内";
    /// The caller's scope changed while its stream was open.
    SCOPE_CHANGED: Aborted,
        "your scope has changed since the stream was opened; open it again",
        "您的权限范围在数据流打开后已变更，请重新打开";
    /// The service cannot read its access policy and refuses every call.
    POLICY_STALE: Unavailable,
        "the access policy cannot be read at present; try again",
        "暂时无法读取访问策略，请稍后重试";
    /// The caller sends more calls than its share.
    RATE_LIMITED: ResourceExhausted,
        "too many calls; try again after the delay in the details",
        "调用过于频繁，请在指定的间隔后重试";
    /// The service is full; the call was not begun.
    OVERLOADED: ResourceExhausted,
        "the service is at its limit; try again after the delay in the details",
        "服务繁忙，请在指定的间隔后重试";
    /// The deadline passed before an answer was ready.
    DEADLINE_EXCEEDED: DeadlineExceeded,
        "the deadline passed before the answer was ready",
        "在期限内未能完成";
    /// A message is larger than the method takes.
    MESSAGE_TOO_LARGE: ResourceExhausted,
        "the message is larger than {limit} bytes",
        "消息超过 {limit} 字节";
    /// The disk is full; nothing was written, reads go on.
    STORAGE_FULL: ResourceExhausted,
        "the storage is full: nothing was written; free some space, then repeat the call",
        "存储空间已满，未写入任何数据；请清理空间后重试";
    /// The database does not answer.
    STORAGE_UNAVAILABLE: Unavailable,
        "the database does not answer at present; nothing was acknowledged; try again",
        "数据库暂时不可用，未确认任何写入，请稍后重试";
    /// The service that owns the package does not answer.
    UPSTREAM_UNAVAILABLE: Unavailable,
        "the service '{service}' does not answer at present; try again",
        "服务“{service}”暂时不可用，请稍后重试";
    /// No service here owns the package of the method.
    UNKNOWN_METHOD: Unimplemented,
        "no service here has the method '{method}'",
        "此处没有方法“{method}”";
    /// The service is shutting down; the call or stream can be resumed elsewhere.
    SHUTTING_DOWN: Unavailable,
        "the service is shutting down; call again or resume the stream",
        "服务正在停止，请重新调用或续传";
    /// A protected value cannot be opened with the keys at hand.
    KEY_MISSING: Internal,
        "a protected value cannot be read with the keys at hand; tell the operator",
        "现有密钥无法读取受保护数据，请联系运维人员";
    /// The data key of the value's owner was destroyed: nobody opens the value again.
    ERASED: FailedPrecondition,
        "the protected values of this record were erased; nobody can read them again",
        "该记录的受保护信息已被清除，任何人都无法再读取";
    /// The cursor was not made by this feed.
    CURSOR_INVALID: InvalidArgument,
        "the cursor does not belong to this feed; take a snapshot, then begin with an empty cursor",
        "游标不属于本变更流，请先取快照，再以空游标开始";
    /// Changes after the cursor are no longer kept.
    CURSOR_TOO_OLD: OutOfRange,
        "changes before position {oldest} are no longer kept; take a snapshot, then begin there",
        "位置 {oldest} 之前的变更已不再保留，请重新取快照后继续";
    /// No importer of this service takes the kind.
    IMPORT_KIND_UNKNOWN: InvalidArgument,
        "'{kind}' cannot be imported here; this service takes: {known}",
        "此处不支持导入“{kind}”，可导入：{known}";
    /// The messages of an upload are not in order, or the file is too large.
    IMPORT_UPLOAD_INVALID: InvalidArgument,
        "an upload is one header, then the file's bytes in order, at most {limit} bytes in all",
        "上传须先发送文件头，再按顺序发送文件内容，总计不超过{limit}字节";
    /// What came of a file is not what its header states.
    IMPORT_FILE_DIFFERS: InvalidArgument,
        "{size} bytes with SHA-256 {sha256} came, but the header states {stated}; nothing is kept; send the whole file again",
        "实际收到{size}字节，SHA-256 为 {sha256}，与文件头所述（{stated}）不符；未保留任何内容，请重新上传完整文件";
    /// The batch does not stand where the verb needs it.
    IMPORT_STATE: FailedPrecondition,
        "{name} is {state}; this needs {needed}",
        "{name} 当前状态为 {state}，此操作要求状态为 {needed}";
    /// Rows have faults and the caller did not ask for the valid rows alone.
    IMPORT_HAS_FAULTS: FailedPrecondition,
        "{name} has {count} faults; mend the file, or commit with only_valid_rows",
        "{name} 有{count}处错误，请更正文件后重新上传，或设置 only_valid_rows 仅导入无误的行";
    /// The cause is in the log under the request id.
    INTERNAL: Internal,
        "the service failed; quote the request id to the operator",
        "服务内部错误，请将请求编号告知运维人员";
}
