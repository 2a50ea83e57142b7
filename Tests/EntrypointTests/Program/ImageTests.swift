import Foundation
import TestSupport
import Testing
import WorkdirProtocol

/// The entrypoint in an image that holds nothing but one static program.
@Suite struct ImageTests {
    private static let busybox = "/bin/busybox"
    private static let reason = "needs root for chroot, and busybox-static"
    private static var possible: Bool { getuid() == 0 && FileManager.default.isExecutableFile(atPath: busybox) }

    @Test(.enabled(if: possible, Comment(rawValue: reason)))
    func runsInAnEmptyImage() async throws {
        let root = try TemporaryFolder("root")
        let own = try root.makeFolder("workdir/\(WorkdirPath.own)")
        try FileManager.default.copyItem(atPath: Self.busybox, toPath: root["busybox"])
        #expect(try await run(Product.staticEntrypoint.path, ["install", own]).status == .exited(0))
        try root.write("", to: "workdir/ready")

        let entrypoint = "/workdir/\(WorkdirPath.entrypoint)"
        let finished = try await run(
            "chroot",
            [
                root.path, entrypoint, "run", "--timestamps", "iso", "--", "/busybox", "sh", "-c",
                "echo in $KPIPE_WORKDIR; exit 5",
            ], environment: ["KPIPE_WORKDIR": nil])
        #expect(finished.status == .exited(5))
        #expect(finished.output == "in /workdir\n")
        #expect(finished.error.isEmpty)
        #expect(try root.text("workdir/output/log").contains("in /workdir\n"))
        for (arguments, code) in [
            (["hook", "started"], 0), (["probe", "started"], 0), (["probe", "ready"], 0), (["probe", "healthy"], 0),
            (["probe", "healthy"], 1), (["--version"], 0), (["frob"], 64),
        ] as [([String], Int32)] {
            #expect(
                try await run("chroot", [root.path, entrypoint] + arguments).status == .exited(code), "\(arguments)")
        }
    }

    /// No program header names a loader, so nothing is asked of the image.
    @Test func isStatic() throws {
        let program = try [UInt8](Data(contentsOf: URL(filePath: Product.staticEntrypoint.path)))
        func number<Value: FixedWidthInteger>(at offset: Int, as type: Value.Type) -> Int {
            Int(program[offset..<(offset + MemoryLayout<Value>.size)].reversed().reduce(0) { $0 << 8 | UInt64($1) })
        }
        // elf(5), 64 bits: e_phoff, e_phentsize, e_phnum; p_type is the first field of a header.
        let start = number(at: 32, as: UInt64.self)
        let size = number(at: 54, as: UInt16.self)
        let types = (0..<number(at: 56, as: UInt16.self)).map { number(at: start + $0 * size, as: UInt32.self) }
        #expect(types.contains(Int(PT_LOAD)))
        #expect(!types.contains(Int(PT_INTERP)) && !types.contains(Int(PT_DYNAMIC)))
    }

    @Test func installReplacesAProgramThatRuns() async throws {
        let folder = try TemporaryFolder("install")
        for _ in 0..<2 {
            #expect(try await run(Product.entrypoint.path, ["install", folder["bin"]]).status == .exited(0))
        }
        let version = try await output(folder["bin/kpipe-entrypoint"], ["--version"])
        #expect(version.hasPrefix("kpipe-entrypoint "))
        #expect(try folder.list("bin") == ["kpipe-entrypoint"])
    }

    @Test func samplesItsUsageWhenAsked() async throws {
        let step = try Step()
        try step.workdir.write(MonitorRequest(interval: 1).text, to: WorkdirPath.monitor)
        #expect(try await step.run(sh: "sleep 0.1").status == .exited(0))
        if Cgroup.find(read: Cgroup.readFile) != nil {
            #expect(!UsageRecord(parsing: try step.workdir.read(WorkdirPath.usage)).samples.isEmpty)
        }
    }
}
