internal import Basics

// Field numbers as in `k8s.io/api/core/v1/generated.proto`.

extension Pod {
    init(protobuf bytes: Span<UInt8>, selecting selection: PodSelection) throws(WireError) {
        self.init()
        var cursor = WireCursor(0..<bytes.count)
        while let field = try cursor.next(in: bytes) {
            switch field.number {
            case 1:
                metadata = try ObjectMeta(
                    protobuf: bytes, field, labels: selection.labels, annotations: selection.annotations)
            case 2: spec = try PodSpec(protobuf: bytes, field, environment: selection.environment)
            case 3: status = try PodStatus(protobuf: bytes, field)
            default: break
            }
        }
    }
}

extension PodSpec {
    fileprivate init(protobuf bytes: Span<UInt8>, _ spec: WireField, environment: NameSet) throws(WireError) {
        self.init()
        var cursor = try spec.cursor()
        while let field = try cursor.next(in: bytes) {
            switch field.number {
            case 2: containers.append(try Container(protobuf: bytes, field, environment: environment))
            case 3: restartPolicy = try field.text(in: bytes)
            case 4: terminationGracePeriodSeconds = ForeignNumber.seconds(try field.integer())
            case 8: serviceAccountName = try field.text(in: bytes)
            case 10: nodeName = try field.text(in: bytes)
            case 11: hostNetwork = try field.flag()
            case 12: hostPID = try field.flag()
            case 14: securityContext = try field.bytes(in: bytes)
            case 20: initContainers.append(try Container(protobuf: bytes, field, environment: environment))
            case 27: shareProcessNamespace = try field.flag()
            case 29: runtimeClassName = try field.text(in: bytes)
            case 34:
                // The container's own fields lie in a message of theirs.
                var cursor = try field.cursor()
                while let field = try cursor.next(in: bytes) {
                    guard field.number == 1 else { continue }
                    ephemeralContainers.append(try Container(protobuf: bytes, field, environment: environment))
                }
            case 36:
                var cursor = try field.cursor()
                while let field = try cursor.next(in: bytes) {
                    if field.number == 1 { operatingSystem = try field.text(in: bytes) }
                }
            default: break
            }
        }
    }
}

extension Container {
    fileprivate init(protobuf bytes: Span<UInt8>, _ container: WireField, environment: NameSet) throws(WireError) {
        self.init()
        var cursor = try container.cursor()
        while let field = try cursor.next(in: bytes) {
            switch field.number {
            case 1: name = try field.text(in: bytes)
            case 2: image = try field.text(in: bytes)
            case 3: command.append(try field.text(in: bytes))
            case 4: args.append(try field.text(in: bytes))
            case 5: workingDir = try field.text(in: bytes)
            case 7:
                if let variable = try EnvironmentVariable(protobuf: bytes, field, environment) { env.append(variable) }
            case 8: try readRequests(in: bytes, field)
            case 9:
                var cursor = try field.cursor()
                while let field = try cursor.next(in: bytes) {
                    if field.number == 3 { mountPaths.append(try field.text(in: bytes)) }
                }
            case 12: hasPreStop = try Self.hasPreStop(in: bytes, field)
            case 14: imagePullPolicy = try field.text(in: bytes)
            case 15: securityContext = try field.bytes(in: bytes)
            case 24: restartPolicy = try field.text(in: bytes)
            case 25: restartPolicyRules.append(try RestartPolicyRule(protobuf: bytes, field))
            default: break
            }
        }
    }

    private mutating func readRequests(in bytes: Span<UInt8>, _ resources: WireField) throws(WireError) {
        var cursor = try resources.cursor()
        while let field = try cursor.next(in: bytes) {
            guard field.number == 2 else { continue }
            let entry = try WireMapEntry(in: bytes, field)
            var quantity = WireCursor(entry.value)
            guard let text = try quantity.next(in: bytes)?.text(in: bytes) else { continue }
            switch String(copying: bytes, entry.key) {
            case "cpu": cpuRequest = text
            case "memory": memoryRequest = text
            default: break
            }
        }
    }

    private static func hasPreStop(in bytes: Span<UInt8>, _ lifecycle: WireField) throws(WireError) -> Bool {
        var cursor = try lifecycle.cursor()
        while let field = try cursor.next(in: bytes) {
            if field.number == 2 { return true }
        }
        return false
    }
}

extension WireField {
    fileprivate func bytes(in bytes: Span<UInt8>) throws(WireError) -> [UInt8] {
        var copy: [UInt8] = []
        for index in try range() { copy.append(bytes[index]) }
        return copy
    }
}

extension EnvironmentVariable {
    /// `nil` where its name is not in `kept`.
    fileprivate init?(protobuf bytes: Span<UInt8>, _ variable: WireField, _ kept: NameSet) throws(WireError) {
        self.init()
        var cursor = try variable.cursor()
        var literal: String? = ""
        while let field = try cursor.next(in: bytes) {
            switch field.number {
            case 1:
                guard kept.contains(bytes, try field.range()) else { return nil }
                name = try field.text(in: bytes)
            case 2: literal = try field.text(in: bytes)
            case 3:
                // The server writes an empty `value` beside a `valueFrom`.
                literal = nil
            default: break
            }
        }
        value = literal
    }
}

extension RestartPolicyRule {
    fileprivate init(protobuf bytes: Span<UInt8>, _ rule: WireField) throws(WireError) {
        self.init()
        var cursor = try rule.cursor()
        while let field = try cursor.next(in: bytes) {
            switch field.number {
            case 1: action = try field.text(in: bytes)
            case 2:
                var codes = try field.cursor()
                while let field = try codes.next(in: bytes) {
                    switch field.number {
                    case 1: exitCodeOperator = try field.text(in: bytes)
                    case 2: exitCodes.append(ForeignNumber.code(try field.integer()))
                    default: break
                    }
                }
            default: break
            }
        }
    }
}

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
            case 13: ephemeralContainerStatuses.append(try ContainerStatus(protobuf: bytes, field))
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
            case 5: restartCount = ForeignNumber.count(try field.integer())
            case 6: image = try field.text(in: bytes)
            case 7: imageID = try field.text(in: bytes)
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
            if field.number == 1 { return try ForeignNumber.moment(in: bytes, field) }
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
            case 1: exitCode = ForeignNumber.code(try field.integer())
            case 2: signal = ForeignNumber.code(try field.integer())
            case 3: reason = try field.text(in: bytes)
            case 5: startedAt = try ForeignNumber.moment(in: bytes, field)
            case 6: finishedAt = try ForeignNumber.moment(in: bytes, field)
            case 7: containerID = try field.text(in: bytes)
            default: break
            }
        }
    }
}
