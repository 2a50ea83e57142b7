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
            case "terminationGracePeriodSeconds": terminationGracePeriodSeconds = try cursor.integer(in: bytes)
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
                        guard try cursor.beginArray(in: bytes) else { continue }
                        while try cursor.element(in: bytes) { exitCodes.append(try cursor.integer32(in: bytes)) }
                    default: try cursor.skip(in: bytes)
                    }
                }
            default: try cursor.skip(in: bytes)
            }
        }
    }
}
