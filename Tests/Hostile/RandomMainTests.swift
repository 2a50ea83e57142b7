import Foundation
import Glibc
import TestSupport
import Testing

/// Main does anything to the volume, while the agent is killed and started. `KPIPE_HOSTILE_STEPS` and `KPIPE_HOSTILE_SEEDS`
/// make it longer: scripts and people, not CI.
@Suite("Main does anything to the volume", .serialized)
struct RandomMainTests {
    private static func number(_ name: String, _ otherwise: Int) -> Int {
        ProcessInfo.processInfo.environment[name].flatMap { Int($0) } ?? otherwise
    }

    static let steps = number("KPIPE_HOSTILE_STEPS", 400)
    static let seeds = Array(1...UInt64(number("KPIPE_HOSTILE_SEEDS", 4)))
    private static let grace = Duration.seconds(4)
    /// A busy machine may be late; without an end it would be endless.
    private static let lateness = Duration.seconds(6)

    @Test(
        "nothing leaves, nothing is written elsewhere, nothing is lost without a word, and there is an end",
        arguments: seeds)
    func anything(_ seed: UInt64) async throws {
        let secrets = try TemporaryFolder("secrets")
        try secrets.write("credential", to: "token")
        try secrets.write("credential", to: "deep/token")
        let backend = try StepBackend(inputs: ["a": Array("content".utf8), "c/d": Array("more".utf8)])
        defer { backend.stop() }
        let rig = try StepRig(backend)
        let state = try rig.folder.makeFolder("state")
        var random = SeededGenerator(seed: seed &+ 1000)
        var log = ""
        func start() throws -> ChildProcess {
            try rig.agent(
                ["--grace", "4s", "--state-dir", state],
                environment: ["KPIPE_RESTART_POLICY": "Never", "SECRET": "credential"])
        }
        func end(_ agent: ChildProcess) async {
            await agent.finish()
            log += agent.errorOutput
        }

        var agent = try start()
        let maySayDone = seed % 2 == 0
        var main = RandomMain(rig.workdir, secrets: secrets.path, maySayDone: maySayDone, seed: seed)
        for _ in 0..<Self.steps {
            main.step()
            if random.next() % 8 == 0 { try await Task.sleep(for: .milliseconds(Int(random.next() % 10))) }
            if random.next() % 80 == 0 || agent.status != nil {
                await end(agent)
                agent = try start()
            }
        }
        let left = Self.files(rig.workdir + "/output")
        if agent.status != nil {
            await end(agent)
            agent = try start()
        }
        try? rig.write("done")
        try? await eventually("an end", limit: .seconds(10)) {
            agent.status != nil || backend.reports.contains { $0.terminal }
        }
        let begin = ContinuousClock.now
        agent.kill(SIGTERM)
        _ = try await agent.wait(atMost: Self.grace + Self.lateness)
        #expect(ContinuousClock.now - begin < Self.grace + Self.lateness)
        // What cannot be used is refused; anything else is an end like any other. One that has hardly been started, and has
        // said nothing, may not listen yet.
        #expect(
            agent.status == .exited(0) || agent.status == .exited(74)
                || agent.status == .signaled(SIGTERM) && agent.errorOutput.isEmpty,
            "\(String(describing: agent.status)) \(agent.errorOutput.suffix(2000))")
        log += agent.errorOutput

        for (name, bytes) in backend.stored {
            #expect(!String(decoding: bytes, as: UTF8.self).contains("credential"), "\(name) holds a secret")
        }
        #expect(try secrets.list() == ["deep", "deep/token", "token"])
        #expect(try secrets.text("token") == "credential")
        #expect(!log.contains("credential"))
        #expect(Set(backend.reports.filter(\.terminal).map(\.id)).count <= 1)
        guard !maySayDone, backend.states.last == "DONE" else { return }
        for (name, bytes) in left {
            let isThere = backend.stored.contains { $0.key.removingPercentEncoding == name && $0.value == bytes }
            #expect(isThere || log.contains(name), "\(name) is missing without a word")
        }
    }

    /// Every file in `output/` now, if that is a folder, by its path.
    private static func files(_ folder: String) -> [String: [UInt8]] {
        var status = stat()
        guard lstat(folder, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { return [:] }
        var files: [String: [UInt8]] = [:]
        for path in (try? FileManager.default.subpathsOfDirectory(atPath: folder)) ?? [] {
            guard lstat("\(folder)/\(path)", &status) == 0, status.st_mode & S_IFMT == S_IFREG else { continue }
            files[path] = (try? Data(contentsOf: URL(filePath: "\(folder)/\(path)"))).map { [UInt8]($0) }
        }
        return files
    }

    @Test("an output of 40 GiB of nothing does not outlast the grace", arguments: ["while storing", "before the end"])
    func sparse(_ when: String) async throws {
        let backend = try StepBackend()
        defer { backend.stop() }
        let rig = try StepRig(backend)
        let agent = try rig.agent(["--grace", "4s"], environment: ["KPIPE_RESTART_POLICY": "Never"])
        defer { agent.kill(group: true) }
        try await rig.waitFor("ready")
        try rig.folder.write("x", to: "workdir/output/huge")
        #expect(truncate("\(rig.workdir)/output/huge", 40 << 30) == 0)
        try rig.write("started")
        if when == "while storing" {
            try rig.write("done")
            try await rig.waitFor(state: "TERMINATING")
        } else {
            try await rig.waitFor(state: "STARTED")
        }
        let begin = ContinuousClock.now
        agent.kill(SIGTERM)
        #expect(try await agent.wait(atMost: .seconds(15)) == .exited(0), "\(agent.errorOutput)")
        #expect(ContinuousClock.now - begin < Self.grace + Self.lateness)
        #expect(backend.reports.last?.reason == "DeadlineExceeded", "\(backend.reports)")
        #expect(backend.reports.last?.message?.contains("huge") == true)
    }

    @Test("thousands of folders within each other are refused by name, and cleared for the next pod")
    func deep() async throws {
        let backend = try StepBackend()
        defer { backend.stop() }
        let rig = try StepRig(backend, pod: "earlier")
        let agent = try rig.agent(["--grace", "4s"], environment: ["KPIPE_RESTART_POLICY": "Never"])
        try await rig.waitFor("ready")
        var inner = open("\(rig.workdir)/output", O_RDONLY | O_DIRECTORY)
        for _ in 0..<3000 {
            mkdirat(inner, "n", 0o777)
            let next = openat(inner, "n", O_RDONLY | O_DIRECTORY)
            close(inner)
            inner = next
        }
        close(openat(inner, "file", O_WRONLY | O_CREAT, 0o644))
        close(inner)
        try rig.write("done")
        try await rig.waitFor(state: "ERROR", terminal: true)
        #expect(backend.reports.last?.message?.contains("folders deep") == true, "\(backend.reports)")
        agent.kill(SIGTERM)
        #expect(try await agent.wait(atMost: .seconds(15)) == .exited(0), "\(agent.errorOutput)")
        for pod in ["later", "latest"] {
            // The pod's before it would be taken for this one's.
            unlink("\(rig.workdir)/ready")
            let next = try rig.agent(["--grace", "4s"], pod: pod)
            try await rig.waitUntilUp(next)
            try await rig.waitFor("ready")
            #expect(!rig.exists("output/n"))
            next.kill(SIGTERM)
            #expect(try await next.wait(atMost: .seconds(15)) == .exited(0), "\(next.errorOutput)")
        }
    }
}
