internal import Basics

// Field numbers as in `k8s.io/api/core/v1/generated.proto`.

extension PodStatus {
    init(protobuf bytes: Span<UInt8>, _ status: WireField) throws(WireError) {
        self.init()
        var cursor = try status.cursor()
        while let field = try cursor.next(in: bytes) {
            switch field.number {
            case 1: phase = try field.text(in: bytes)
            case 2: conditions.append(try PodCondition(protobuf: bytes, field))
            case 4: reason = try field.text(in: bytes)
            case 6: podIP = try field.text(in: bytes)
            case 8: containerStatuses.append(try ContainerStatus(protobuf: bytes, field))
            case 10: initContainerStatuses.append(try ContainerStatus(protobuf: bytes, field))
            default: break
            }
        }
    }
}

extension PodCondition {
    fileprivate init(protobuf bytes: Span<UInt8>, _ condition: WireField) throws(WireError) {
        self.init()
        var cursor = try condition.cursor()
        while let field = try cursor.next(in: bytes) {
            switch field.number {
            case 1: type = try field.text(in: bytes)
            case 2: status = try field.text(in: bytes)
            case 5: reason = try field.text(in: bytes)
            default: break
            }
        }
    }
}

extension ContainerStatus {
    fileprivate init(protobuf bytes: Span<UInt8>, _ status: WireField) throws(WireError) {
        self.init()
        var cursor = try status.cursor()
        while let field = try cursor.next(in: bytes) {
            switch field.number {
            case 1: name = try field.text(in: bytes)
            case 2: state = try ContainerState(protobuf: bytes, field)
            case 3:
                if case .terminated(let last) = try ContainerState(protobuf: bytes, field) { lastTermination = last }
            case 5: restartCount = try field.integer32()
            case 6: image = try field.text(in: bytes)
            case 8: containerID = try field.text(in: bytes)
            case 9: isStarted = try field.flag()
            default: break
            }
        }
    }
}

extension ContainerState {
    fileprivate init(protobuf bytes: Span<UInt8>, _ state: WireField) throws(WireError) {
        self = .unknown
        var cursor = try state.cursor()
        while let field = try cursor.next(in: bytes) {
            switch field.number {
            case 1: self = .waiting(reason: try Self.reason(in: bytes, field))
            case 2: self = .running(startedAt: try Self.start(in: bytes, field))
            case 3: self = .terminated(try ContainerStatus.Termination(protobuf: bytes, field))
            default: break
            }
        }
    }

    private static func reason(in bytes: Span<UInt8>, _ waiting: WireField) throws(WireError) -> String {
        var cursor = try waiting.cursor()
        while let field = try cursor.next(in: bytes) {
            if field.number == 1 { return try field.text(in: bytes) }
        }
        return ""
    }

    private static func start(in bytes: Span<UInt8>, _ running: WireField) throws(WireError) -> Int64 {
        var cursor = try running.cursor()
        while let field = try cursor.next(in: bytes) {
            if field.number == 1 { return try WireTime.seconds(in: bytes, field) }
        }
        return 0
    }
}

extension ContainerStatus.Termination {
    fileprivate init(protobuf bytes: Span<UInt8>, _ termination: WireField) throws(WireError) {
        self.init()
        var cursor = try termination.cursor()
        while let field = try cursor.next(in: bytes) {
            switch field.number {
            case 1: exitCode = try field.integer32()
            case 2: signal = try field.integer32()
            case 3: reason = try field.text(in: bytes)
            case 5: startedAt = try WireTime.seconds(in: bytes, field)
            case 6: finishedAt = try WireTime.seconds(in: bytes, field)
            case 7: containerID = try field.text(in: bytes)
            default: break
            }
        }
    }
}
