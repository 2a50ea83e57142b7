internal import Basics

extension PodStatus {
    init(json bytes: Span<UInt8>, _ cursor: inout JSONCursor) throws(WireError) {
        self.init()
        guard try cursor.beginObject(in: bytes) else { return }
        while let key = try cursor.key(in: bytes) {
            switch key {
            case "phase": phase = try cursor.text(in: bytes)
            case "reason": reason = try cursor.text(in: bytes)
            case "podIP": podIP = try cursor.text(in: bytes)
            case "conditions": conditions = try cursor.elements(in: bytes, PodCondition.init(json:_:))
            case "containerStatuses": containerStatuses = try cursor.elements(in: bytes, ContainerStatus.init(json:_:))
            case "initContainerStatuses":
                initContainerStatuses = try cursor.elements(in: bytes, ContainerStatus.init(json:_:))
            default: try cursor.skip(in: bytes)
            }
        }
    }
}

extension PodCondition {
    fileprivate init(json bytes: Span<UInt8>, _ cursor: inout JSONCursor) throws(WireError) {
        self.init()
        guard try cursor.beginObject(in: bytes) else { return }
        while let key = try cursor.key(in: bytes) {
            switch key {
            case "type": type = try cursor.text(in: bytes)
            case "status": status = try cursor.text(in: bytes)
            case "reason": reason = try cursor.text(in: bytes)
            default: try cursor.skip(in: bytes)
            }
        }
    }
}

extension ContainerStatus {
    fileprivate init(json bytes: Span<UInt8>, _ cursor: inout JSONCursor) throws(WireError) {
        self.init()
        guard try cursor.beginObject(in: bytes) else { return }
        while let key = try cursor.key(in: bytes) {
            switch key {
            case "name": name = try cursor.text(in: bytes)
            case "state": state = try ContainerState(json: bytes, &cursor)
            case "lastState":
                if case .terminated(let last) = try ContainerState(json: bytes, &cursor) { lastTermination = last }
            case "restartCount": restartCount = try cursor.integer32(in: bytes)
            case "image": image = try cursor.text(in: bytes)
            case "containerID": containerID = try cursor.text(in: bytes)
            case "started": isStarted = try cursor.flag(in: bytes)
            default: try cursor.skip(in: bytes)
            }
        }
    }
}

extension ContainerState {
    fileprivate init(json bytes: Span<UInt8>, _ cursor: inout JSONCursor) throws(WireError) {
        self = .unknown
        guard try cursor.beginObject(in: bytes) else { return }
        while let key = try cursor.key(in: bytes) {
            switch key {
            case "waiting": self = .waiting(reason: try cursor.member("reason", in: bytes))
            case "running": self = .running(startedAt: cursor.seconds(of: try cursor.member("startedAt", in: bytes)))
            case "terminated": self = .terminated(try ContainerStatus.Termination(json: bytes, &cursor))
            default: try cursor.skip(in: bytes)
            }
        }
    }
}

extension ContainerStatus.Termination {
    fileprivate init(json bytes: Span<UInt8>, _ cursor: inout JSONCursor) throws(WireError) {
        self.init()
        guard try cursor.beginObject(in: bytes) else { return }
        while let key = try cursor.key(in: bytes) {
            switch key {
            case "exitCode": exitCode = try cursor.integer32(in: bytes)
            case "signal": signal = try cursor.integer32(in: bytes)
            case "reason": reason = try cursor.text(in: bytes)
            case "startedAt": startedAt = cursor.seconds(of: try cursor.text(in: bytes))
            case "finishedAt": finishedAt = cursor.seconds(of: try cursor.text(in: bytes))
            case "containerID": containerID = try cursor.text(in: bytes)
            default: try cursor.skip(in: bytes)
            }
        }
    }
}

extension JSONCursor {
    /// The one text of an object that matters; empty where it is missing.
    fileprivate mutating func member(_ name: String, in bytes: Span<UInt8>) throws(WireError) -> String {
        var value = ""
        guard try beginObject(in: bytes) else { return value }
        while let key = try key(in: bytes) {
            if key == name {
                value = try text(in: bytes)
            } else {
                try skip(in: bytes)
            }
        }
        return value
    }

    fileprivate func seconds(of time: String) -> Int64 { WireTime.seconds(parsing: time) ?? 0 }
}
