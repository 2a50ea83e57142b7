public import Basics

extension Pod: WireObject {
    /// All of it that is modelled. See `PodSelection` for less.
    public init(_ encoding: ObjectEncoding, in bytes: Span<UInt8>) throws(WireError) {
        switch encoding {
        case .protobuf: try self.init(protobuf: bytes, selecting: .everything)
        case .json:
            var cursor = JSONCursor(bytes)
            try self.init(json: bytes, &cursor)
        }
    }

    init(json bytes: Span<UInt8>, _ cursor: inout JSONCursor) throws(WireError) {
        self.init()
        guard try cursor.beginObject(in: bytes) else { return }
        while let key = try cursor.key(in: bytes) {
            switch key {
            case "metadata": metadata = try ObjectMeta(json: bytes, &cursor)
            case "spec": spec = try PodSpec(json: bytes, &cursor)
            case "status": status = try PodStatus(json: bytes, &cursor)
            default: try cursor.skip(in: bytes)
            }
        }
    }
}

extension PodSpec {
    fileprivate init(json bytes: Span<UInt8>, _ cursor: inout JSONCursor) throws(WireError) {
        self.init()
        guard try cursor.beginObject(in: bytes) else { return }
        while let key = try cursor.key(in: bytes) {
            switch key {
            case "containers": containers = try cursor.elements(in: bytes, Container.init(json:_:))
            case "initContainers": initContainers = try cursor.elements(in: bytes, Container.init(json:_:))
            case "restartPolicy": restartPolicy = try cursor.text(in: bytes)
            case "nodeName": nodeName = try cursor.text(in: bytes)
            case "hostNetwork": hostNetwork = try cursor.flag(in: bytes)
            case "hostPID": hostPID = try cursor.flag(in: bytes)
            case "shareProcessNamespace": shareProcessNamespace = try cursor.flag(in: bytes)
            case "terminationGracePeriodSeconds":
                terminationGracePeriodSeconds = ForeignNumber.seconds(try cursor.integer(in: bytes))
            case "serviceAccountName": serviceAccountName = try cursor.text(in: bytes)
            case "runtimeClassName": runtimeClassName = try cursor.text(in: bytes)
            case "os": operatingSystem = try cursor.member("name", in: bytes)
            case "securityContext": securityContext = try cursor.object(in: bytes)
            case "ephemeralContainers":
                ephemeralContainers = try cursor.elements(in: bytes, Container.init(json:_:))
            default: try cursor.skip(in: bytes)
            }
        }
    }
}

extension Container {
    fileprivate init(json bytes: Span<UInt8>, _ cursor: inout JSONCursor) throws(WireError) {
        self.init()
        guard try cursor.beginObject(in: bytes) else { return }
        while let key = try cursor.key(in: bytes) {
            switch key {
            case "name": name = try cursor.text(in: bytes)
            case "image": image = try cursor.text(in: bytes)
            case "command": command = try cursor.list(in: bytes)
            case "args": args = try cursor.list(in: bytes)
            case "env": env = try cursor.elements(in: bytes, EnvironmentVariable.init(json:_:))
            case "restartPolicy": restartPolicy = try cursor.text(in: bytes)
            case "restartPolicyRules":
                restartPolicyRules = try cursor.elements(in: bytes, RestartPolicyRule.init(json:_:))
            case "lifecycle":
                guard try cursor.beginObject(in: bytes) else { continue }
                while let key = try cursor.key(in: bytes) {
                    if key == "preStop" { hasPreStop = true }
                    try cursor.skip(in: bytes)
                }
            case "workingDir": workingDir = try cursor.text(in: bytes)
            case "resources":
                guard try cursor.beginObject(in: bytes) else { continue }
                while let key = try cursor.key(in: bytes) {
                    guard key == "requests" else {
                        try cursor.skip(in: bytes)
                        continue
                    }
                    let requests = try cursor.texts(in: bytes)
                    (cpuRequest, memoryRequest) = (requests["cpu"] ?? "", requests["memory"] ?? "")
                }
            case "imagePullPolicy": imagePullPolicy = try cursor.text(in: bytes)
            case "securityContext": securityContext = try cursor.object(in: bytes)
            case "volumeMounts":
                mountPaths = try cursor.elements(in: bytes) { bytes, cursor throws(WireError) in
                    try cursor.member("mountPath", in: bytes)
                }
            default: try cursor.skip(in: bytes)
            }
        }
    }
}

extension EnvironmentVariable {
    fileprivate init(json bytes: Span<UInt8>, _ cursor: inout JSONCursor) throws(WireError) {
        self.init()
        var literal = ""
        var isLiteral = true
        guard try cursor.beginObject(in: bytes) else { return }
        while let key = try cursor.key(in: bytes) {
            switch key {
            case "name": name = try cursor.text(in: bytes)
            case "value": literal = try cursor.text(in: bytes)
            case "valueFrom":
                isLiteral = false
                try cursor.skip(in: bytes)
            default: try cursor.skip(in: bytes)
            }
        }
        value = isLiteral ? literal : nil
    }
}

extension RestartPolicyRule {
    fileprivate init(json bytes: Span<UInt8>, _ cursor: inout JSONCursor) throws(WireError) {
        self.init()
        guard try cursor.beginObject(in: bytes) else { return }
        while let key = try cursor.key(in: bytes) {
            switch key {
            case "action": action = try cursor.text(in: bytes)
            case "exitCodes":
                guard try cursor.beginObject(in: bytes) else { continue }
                while let key = try cursor.key(in: bytes) {
                    switch key {
                    case "operator": exitCodeOperator = try cursor.text(in: bytes)
                    case "values":
                        exitCodes = try cursor.elements(in: bytes) { bytes, cursor throws(WireError) in
                            ForeignNumber.code(try cursor.integer(in: bytes))
                        }
                    default: try cursor.skip(in: bytes)
                    }
                }
            default: try cursor.skip(in: bytes)
            }
        }
    }
}

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
            case "ephemeralContainerStatuses":
                ephemeralContainerStatuses = try cursor.elements(in: bytes, ContainerStatus.init(json:_:))
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
            case "restartCount": restartCount = ForeignNumber.count(try cursor.integer(in: bytes))
            case "image": image = try cursor.text(in: bytes)
            case "containerID": containerID = try cursor.text(in: bytes)
            case "started": isStarted = try cursor.flag(in: bytes)
            case "imageID": imageID = try cursor.text(in: bytes)
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
            case "running":
                self = .running(startedAt: ForeignNumber.moment(parsing: try cursor.member("startedAt", in: bytes)))
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
            case "exitCode": exitCode = ForeignNumber.code(try cursor.integer(in: bytes))
            case "signal": signal = ForeignNumber.code(try cursor.integer(in: bytes))
            case "reason": reason = try cursor.text(in: bytes)
            case "startedAt": startedAt = ForeignNumber.moment(parsing: try cursor.text(in: bytes))
            case "finishedAt": finishedAt = ForeignNumber.moment(parsing: try cursor.text(in: bytes))
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

    /// An object as it stands; nothing where it says nothing, so that it is the same as none in either encoding.
    fileprivate mutating func object(in bytes: Span<UInt8>) throws(WireError) -> [UInt8] {
        let range = try skip(in: bytes)
        var cursor = JSONCursor(range)
        guard try cursor.beginObject(in: bytes), try cursor.key(in: bytes) != nil else { return [] }
        var copy: [UInt8] = []
        for index in range { copy.append(bytes[index]) }
        return copy
    }
}
