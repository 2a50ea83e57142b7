import Basics
import Testing
import WorkdirProtocol

@testable import Report

/// Steps as agents record them, in few words. Times are seconds from their beginning.
enum StepSamples {
    static let begin = UnixTime(milliseconds: 1_795_950_000_000)

    static func at(_ seconds: Double) -> UnixTime {
        UnixTime(milliseconds: begin.milliseconds + Int64(seconds * 1000))
    }

    static func phase(_ name: RecordedPhase.Name, _ start: Double, _ end: Double?) -> RecordedPhase {
        var phase = RecordedPhase()
        (phase.name, phase.start, phase.end) = (name, at(start), end.map(at))
        return phase
    }

    static func state(_ word: String, _ time: Double, _ reason: String? = nil, _ message: String? = nil)
        -> RecordedState
    {
        var state = RecordedState()
        (state.state, state.time, state.reason, state.message) = (word, at(time), reason, message)
        return state
    }

    static func attempt(_ number: Int64, _ start: Double, _ end: Double?, exit: Int64? = nil, signal: Int64? = nil)
        -> RecordedAttempt
    {
        var attempt = RecordedAttempt()
        (attempt.number, attempt.start, attempt.end) = (number, at(start), end.map(at))
        (attempt.exitCode, attempt.signal) = (exit, signal)
        return attempt
    }

    static func container(_ name: String, _ role: String, _ start: Double, _ end: Double?, exit: Int64? = nil)
        -> RecordedContainer
    {
        var container = RecordedContainer()
        (container.name, container.role, container.image) = (name, role, "registry.example/\(name):1")
        (container.start, container.end, container.exitCode) = (at(start), end.map(at), exit)
        return container
    }

    static func outcome(
        _ state: String, _ reason: String? = nil, _ message: String? = nil, exit: Int64? = nil, attempts: Int64 = 1
    ) -> StepEnd {
        var end = StepEnd()
        (end.state, end.reason, end.message, end.exitCode, end.attempts) = (state, reason, message, exit, attempts)
        if reason != nil { end.container = "main" }
        return end
    }

    /// Samples every ten seconds of a program that grows to `peak` bytes and then falls back.
    static func usage(
        _ name: String, from start: Double, to end: Double, peak: Double, limit: UInt64? = nil, oomKills: UInt64 = 0
    ) -> RecordedUsage {
        var series = UsageSeries(interval: 10_000)
        var record = UsageRecord()
        var (cpu, read, written, stall): (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        for step in 0...max(2, Int((end - start) / 10)) {
            let progress = Double(step) * 10 / max(10, end - start)
            var sample = UsageSample(time: at(start + Double(step) * 10).milliseconds)
            cpu += UInt64(7_000_000 + 2_500_000 * (step % 5))
            read += step % 4 == 0 ? 90 << 20 : 4 << 20
            written += step % 6 == 0 ? 60 << 20 : 1 << 20
            stall += UInt64(step % 7) * 150_000
            let anonymous = peak * min(1, 0.15 + progress) * (progress > 0.9 ? 0.8 : 1)
            sample[.cpuTime] = cpu
            sample[.cpuThrottled] = stall / 3
            sample[.memoryAnonymous] = UInt64(anonymous * 0.9)
            sample[.memoryWorkingSet] = UInt64(anonymous)
            sample[.memory] = UInt64(anonymous * 1.2)
            sample[.memoryCache] = UInt64(anonymous * 0.3)
            sample[.memoryPeak] = UInt64(peak * 1.2)
            sample[.memoryLimit] = limit
            sample[.cpuLimit] = 2000
            sample[.oomKills] = oomKills
            (sample[.bytesRead], sample[.bytesWritten]) = (read, written)
            (sample[.cpuPressure], sample[.ioPressure], sample[.memoryPressure]) = (stall, stall / 2, stall / 5)
            series.add(sample)
            record.append(sample)
        }
        return series.recorded(of: name, peak: record.peak)
    }

    static func files(
        _ count: Int, _ direction: RecordedTransfer.Direction, from start: Double, seconds: Double, limit: Int = 20_000,
        to record: inout StepRecord
    ) {
        var ledger = TransferLedger(limit: limit)
        let folder = direction == .input ? "parts" : "out"
        for number in 0..<count {
            let (path, url) = ("\(folder)/part-\(number).parquet", "s3://bucket/run-7/\(folder)/part-\(number).parquet")
            let begun = start + seconds * Double(number) / Double(max(1, count)) * 0.8
            ledger.take(.began(path: path, url: url), direction, at: at(begun))
            ledger.take(.admitted(url: url), direction, at: at(begun + Double(number % 4) * 0.05))
            if number % 97 == 3 {
                ledger.take(.retrying(url: url, pause: .milliseconds(350)), direction, at: at(begun + 0.2))
            }
            let took = seconds * 0.2 * (0.2 + Double(number * 37 % 100) / 125)
            ledger.take(
                .done(
                    path: path, url: url, bytes: Int64(1 + number % 9) << 20, sha256: String(repeating: "ab", count: 32)
                ),
                direction, at: at(begun + took))
        }
        var part = StepRecord()
        ledger.write(to: &part)
        if direction == .input { record.inputs = part.inputs } else { record.outputs = part.outputs }
        record.files += part.files
    }

    static func step(_ pod: String, _ seconds: Double, _ outcome: StepEnd?) -> StepRecord {
        var record = StepRecord()
        record.program = "0.1.0"
        (record.step.namespace, record.step.pod, record.step.job, record.step.node) = ("data", pod, "nightly", "node-a")
        record.step.uid = "0b6c2f0e-7d1a-4a52-9d2d-1f8e6a3c9b11"
        (record.start, record.made, record.outcome) = (begin, at(seconds), outcome)
        record.end = outcome == nil ? nil : at(seconds)
        return record
    }

    static var good: StepRecord {
        var record = step("nightly-7fk2p", 750, outcome("DONE", exit: 0))
        record.phases = [
            phase(.initializing, 0, 121), phase(.ready, 121, 126), phase(.running, 126, 690), phase(.storing, 690, 748),
            phase(.settled, 748, 750),
        ]
        record.states = [
            state("INITIALIZING", 0), state("STARTED", 126), state("RUNNING", 126.2), state("TRAINING", 200),
            state("SUCCESS", 689),
            state("TERMINATING", 690), state("DONE", 748),
        ]
        record.attempts = [attempt(1, 126, 690, exit: 0)]
        record.containers = [container("kpipe-agent", "agent", 0, nil), container("main", "main", 125, 690, exit: 0)]
        record.containers[1].requests.memory = 2 << 30
        record.containers[1].requests.cpu = 1000
        record.containers[1].limits.memory = 4 << 30
        record.containers[1].limits.cpu = 2000
        record.usage = [
            usage("main", from: 126, to: 690, peak: 1.3e9, limit: 4 << 30),
            usage("agent", from: 0, to: 750, peak: 3.1e7),
        ]
        files(24, .input, from: 0, seconds: 120, to: &record)
        files(6, .output, from: 690, seconds: 55, to: &record)
        record.log.lines = (0..<40).map {
            $0 % 9 == 4 ? "ERROR> warning: slow batch \($0)" : "OUT> epoch \($0) loss 0.\(900 - $0 * 7)"
        }
        record.log.omitted = 5000
        return record
    }

    static var outOfMemory: StepRecord {
        var record = step(
            "train-x8z4q", 310,
            outcome("KILLED", "OOMKilled", "the kernel ended main's program for want of memory", exit: 137))
        record.phases = [
            phase(.initializing, 0, 40), phase(.ready, 40, 44), phase(.running, 44, 305), phase(.storing, 305, 309),
            phase(.settled, 309, 310),
        ]
        record.states = [
            state("INITIALIZING", 0), state("STARTED", 44), state("RUNNING", 44), state("TERMINATING", 305),
            state("KILLED", 309, "OOMKilled", "out of memory"),
        ]
        record.attempts = [attempt(1, 44, 305, signal: 9)]
        record.containers = [container("agent", "agent", 0, nil), container("main", "main", 43, 305, exit: 137)]
        record.containers[1].reason = "OOMKilled"
        record.containers[1].limits.memory = 512 << 20
        record.containers[1].requests.memory = 256 << 20
        record.usage = [usage("main", from: 44, to: 304, peak: 5.2e8, limit: 512 << 20, oomKills: 1)]
        files(8, .input, from: 0, seconds: 39, to: &record)
        record.log.lines = ["OUT> loading", "ERROR> Killed", "WRAPPER> main was ended by signal 9 (OOMKilled)"]
        return record
    }

    static var inputMissing: StepRecord {
        var record = step(
            "fetch-missing", 3.2,
            outcome("ERROR", "InputMissing", "s3://bucket/run-7/words: does not exist", exit: 66, attempts: 0))
        record.outcome?.container = "agent"
        record.phases = [phase(.initializing, 0, 3.1), phase(.settled, 3.1, 3.2)]
        record.states = [
            state("INITIALIZING", 0), state("ERROR", 3.1, "InputMissing", "s3://bucket/run-7/words: does not exist"),
        ]
        var ledger = TransferLedger(limit: 10)
        ledger.take(.began(path: "words", url: "s3://bucket/run-7/words"), .input, at: at(0.1))
        ledger.take(
            .failed(url: "s3://bucket/run-7/words", error: "s3://bucket/run-7/words: does not exist"), .input, at: at(3)
        )
        ledger.write(to: &record)
        return record
    }

    static var retriedTwice: StepRecord {
        var record = step("flaky-2", 400, outcome("DONE", exit: 0, attempts: 3))
        record.phases = [
            phase(.initializing, 0, 20), phase(.ready, 20, 22), phase(.running, 22, 100),
            phase(.awaitingRetry, 100, 112),
            phase(.running, 112, 200), phase(.awaitingRetry, 200, 222), phase(.running, 222, 390),
            phase(.storing, 390, 399),
            phase(.settled, 399, 400),
        ]
        record.attempts = [attempt(1, 22, 100, exit: 3), attempt(2, 112, 200, exit: 3), attempt(3, 222, 390, exit: 0)]
        record.states = [
            state("INITIALIZING", 0), state("STARTED", 22), state("RUNNING", 22), state("ERROR", 100),
            state("RUNNING", 112), state("ERROR", 200), state("RUNNING", 222), state("SUCCESS", 390),
            state("TERMINATING", 390), state("DONE", 399),
        ]
        files(3, .input, from: 0, seconds: 19, to: &record)
        return record
    }

    static var eightHours: StepRecord {
        var record = step("long-1", 28_800, outcome("DONE", exit: 0))
        record.phases = [
            phase(.initializing, 0, 900), phase(.ready, 900, 905), phase(.running, 905, 28_000),
            phase(.storing, 28_000, 28_799),
        ]
        record.attempts = [attempt(1, 905, 28_000, exit: 0)]
        record.usage = [
            usage("main", from: 905, to: 28_000, peak: 6e9, limit: 16 << 30),
            usage("agent", from: 0, to: 28_800, peak: 2.6e7),
        ]
        record.states = (0..<200).map { state("EPOCH-\($0)", 905 + Double($0) * 130) }
        return record
    }

    static func manyFiles(_ count: Int = 20_000) -> StepRecord {
        var record = eightHours
        record.step.pod = "many-files"
        files(count, .input, from: 0, seconds: 890, to: &record)
        record.log.lines = (0..<1000).map { "OUT> \($0) \(String(repeating: "x", count: 400))" }
        return record
    }

    static let attack =
        "\u{202E}</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'>&lt;\u{1B}[31m\n\u{0}"

    /// Every text is an attack.
    static var hostile: StepRecord {
        var record = good
        record.step = StepIdentity()
        (record.step.pod, record.step.job, record.step.namespace, record.step.node) = (attack, attack, attack, attack)
        record.outcome = outcome(attack, attack, attack, exit: 1)
        record.outcome?.container = attack
        record.states.append(state(attack, 749, attack, attack))
        record.attempts[0].reason = attack
        record.attempts[0].message = attack
        for index in record.containers.indices {
            (record.containers[index].name, record.containers[index].image) = (attack, attack)
            (record.containers[index].reason, record.containers[index].note) = (attack, attack)
            record.containers[index].role = attack
        }
        for index in record.files.indices {
            (record.files[index].path, record.files[index].url, record.files[index].error) = (attack, attack, attack)
        }
        for index in record.usage.indices { record.usage[index].container = index == 0 ? "main" : attack }
        record.log.lines = [attack, "ERROR> \(attack)"]
        record.warnings = [attack]
        record.program = attack
        return record
    }
}

extension StepRecord: CustomTestStringConvertible {
    package var testDescription: String { title }
}
