import Basics
import Glibc
import PodRules
import Telemetry
import TestSupport
import Testing
import Transfer
import WorkdirProtocol

@testable import SidecarAgent

/// What main may have put in the place of something on the volume.
@Suite("The volume")
struct VolumeTests {
    private let folder: TemporaryFolder
    private let outside: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder("volume")
        outside = try TemporaryFolder("outside")
        try outside.write("secret", to: "secret")
    }

    @Test(
        "a path lies below the root, or not",
        arguments: [
            ("/w/a", "a"), ("/w//a/./b/", "a/b"), ("/w/../w/a", "a"), ("/w", nil), ("/w/", nil), ("/wx/a", nil),
            ("/w/../a", nil), ("w/a", nil), ("/x/../../w/b", "b"),
        ] as [(String, String?)])
    func relative(_ path: String, _ expected: String?) {
        #expect(Volume.relative(path, to: "/w") == expected)
    }

    @Test(
        "a folder of the contract that is a link is refused, and opened again once it is none",
        arguments: ["input", "output"])
    func replacedFolder(_ name: String) throws {
        let volume = try Volume(folder.path, openToAll: false)
        rename(folder[name], folder["away"])
        symlink(outside.path, folder[name])
        #expect(throws: VolumeError.self) { try volume.folder(name) }
        #expect(!volume.hasOutputs || name == "input")
        unlink(folder[name])
        _ = try volume.folder(name)
        #expect(folder.exists(name))
    }

    @Test("reports to a file in the volume go through no link", arguments: [true, false])
    func reports(_ isFolder: Bool) async throws {
        let volume = try Volume(folder.path, openToAll: false)
        let courier = FileCourier(path: folder["output/sub/events"], pod: PodIdentity(), volume: volume)
        if isFolder {
            symlink(outside.path, folder["output/sub"])
        } else {
            _ = try folder.makeFolder("output/sub")
            symlink(outside["secret"], folder["output/sub/events"])
        }
        #expect(await courier.deliver(OutboxTests.report(1)).word == "failed")
        #expect(try outside.list() == ["secret"])
        #expect(try outside.text("secret") == "secret")
        unlink(folder[isFolder ? "output/sub" : "output/sub/events"])
        _ = try folder.makeFolder("output/sub")
        #expect(await courier.deliver(OutboxTests.report(1)) == .delivered)
        #expect(try folder.text("output/sub/events").contains("custom"))
    }

    @Test("without a watch the markers are looked at, and told when they are new")
    func follows() async throws {
        let volume = try Volume(folder.path, openToAll: false)
        let (mailbox, clock) = (Mailbox(), VirtualClock())
        try folder.write("ONE", to: WorkdirPath.state)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await MarkerReader(volume: volume).follow(posting: mailbox, Timepiece(clock)) }
            #expect(await mailbox.take() == [.state("ONE")])
            for word in ["TWO", "THREE"] {
                for _ in 1...3 {
                    await clock.sleepers(1)
                    clock.advance(by: .seconds(1))
                }
                await clock.sleepers(1)
                try folder.write(word, to: WorkdirPath.state)
                clock.advance(by: .seconds(1))
                #expect(await mailbox.take() == [.state(word)])
            }
            group.cancelAll()
        }
    }

    @Test("samples are read through no link")
    func samples() throws {
        let volume = try Volume(folder.path, openToAll: false)
        var record = UsageRecord()
        var sample = UsageSample(time: 1)
        sample[.memory] = 100
        record.append(sample)
        try outside.write(record.text, to: "usage")
        symlink(outside["usage"], folder[WorkdirPath.usage])
        var configuration = MonitorConfiguration()
        configuration.interval = .seconds(10)
        let monitor = ResourceMonitor(configuration, metrics: MetricRegistry())
        monitor.attach(volume)
        #expect(monitor.summary()["main.memory"] == nil)
    }

    @Test("whatever stands in a marker's place goes")
    func markers() throws {
        let volume = try Volume(folder.path, openToAll: false)
        for name in ["ready", ".kpipe-ready"] { try folder.write("x", to: "\(name)/deep/file") }
        try volume.publish(WorkdirPath.ready, "e\n")
        #expect(try folder.text("ready") == "e\n")
        unlink(folder["ready"])
        symlink(outside["secret"], folder["ready"])
        try volume.publish(WorkdirPath.ready, "f\n")
        #expect(try folder.text("ready") == "f\n")
        #expect(try outside.text("secret") == "secret")
    }

    @Test(
        "a main that could not say how it ended was not killed for want of memory",
        arguments: [
            (nil, "MainGone", "memory"), (.volumeFull, "VolumeFull", "sizeLimit"),
            (.folderDeleted, "MainGone", ".kpipe/ was deleted"),
        ] as [(LifecycleMachine.Silence?, String, String)])
    func silent(_ silence: LifecycleMachine.Silence?, reason: String, word: String) throws {
        var machine = LifecycleMachine(LifecycleRules(placement: .native, restartPolicy: .never))
        for input in [.start, .inputsReady, .attempt(MainAttempt(number: 1, phase: .running))] as [LifecycleInput] {
            _ = machine.handle(input)
        }
        machine.silence = silence
        _ = machine.handle(.mainGone(attempt: 1))
        guard case .storing(.failure(let cause)) = machine.phase else {
            return #expect(Bool(false), "\(machine.phase)")
        }
        #expect(cause.reason == reason)
        #expect(cause.message.contains(word))
        #expect(cause.message.contains("memory") == (silence == nil))
    }

    @Test("a folder of markers that main deletes, moves or replaces is missed")
    func deleted() throws {
        let volume = try Volume(folder.path, openToAll: false)
        #expect(volume.silence == nil)
        rename(folder[".kpipe"], folder["away"])
        #expect(volume.silence == .folderDeleted)
        mkdir(folder[".kpipe"], 0o755)
        #expect(volume.silence == .folderDeleted)
        rmdir(folder[".kpipe"])
        rename(folder["away"], folder[".kpipe"])
        #expect(volume.silence == nil)
    }

    @Test("an agent that is killed while it clears another pod's volume has a successor that goes on with it")
    func staleInPart() throws {
        try folder.write("x", to: WorkdirPath.usage)
        let volume = try Volume(folder.path, openToAll: false)
        try folder.write("old", to: "output/old")
        // What cannot be opened ends the clearing there, as a kill would.
        rename(folder["input"], folder["away"])
        symlink(outside.path, folder["input"])
        #expect(throws: VolumeError.self) { try volume.prepare(for: .stale) }
        #expect(try volume.hasLeftovers())
        unlink(folder["input"])
        try volume.prepare(for: .stale)
        #expect(try !volume.hasOutputs && folder.list(".kpipe/earlier") == ["old"])
    }

    @Test("a volume of another pod is cleared, names of any bytes included")
    func stale() throws {
        let volume = try Volume(folder.path, openToAll: false)
        try folder.write("old", to: "input/deep/er/file")
        symlink(outside.path, folder["input/link"])
        let output = open(folder["output"], O_RDONLY | O_DIRECTORY)
        defer { close(output) }
        close(openat(output, [-61, 40, 0] as [CChar], O_WRONLY | O_CREAT, 0o644))
        try volume.prepare(for: .stale)
        #expect(try folder.list("input") == [])
        #expect(!volume.hasOutputs)
        #expect(try outside.list() == ["secret"])
    }
}
