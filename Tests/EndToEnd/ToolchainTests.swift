import Foundation
import TestSupport
import Testing

/// What the shipped programs rely on in a toolchain without its promise (docs/decisions/idle-without-wakeups.md,
/// linker-script.md): with one that makes it wrong, or needless, these fail.
@Suite(.enabled(if: Toolchain.staticLibraries != nil, "the toolchain has no static standard library here"))
struct ToolchainTests {
    private let folder: TemporaryFolder
    private static let entries = ["_dispatch_workq_worker_register", "_dispatch_workq_worker_unregister"]

    init() throws { folder = try TemporaryFolder("toolchain") }

    /// Taken by CIdle, they must not bring the archive's own along, or there would be two of each.
    @Test func `CIdle takes the place of a whole member of libdispatch, which it uses`() async throws {
        let archive = "\(try #require(Toolchain.staticLibraries))/libdispatch.a"
        let defined = try await symbols(["-A", "--defined-only", "--extern-only", archive])
        let homes = Set(defined.filter { Self.entries.contains($0.name) }.map(\.file))
        #expect(homes.count == 1, "the entries that CIdle takes stand in \(homes.sorted())")
        #expect(defined.filter { homes.contains($0.file) }.map(\.name).sorted() == Self.entries)
        let wanted = try await symbols(["-A", "--undefined-only", archive])
        #expect(Set(wanted.map(\.name)).isSuperset(of: Self.entries))
        try await compileIdle()
        #expect(
            try await symbols(["-A", "--defined-only", "--extern-only", folder["dispatch.o"]]).map(\.name)
                == Self.entries)
    }

    @Test(.timeLimit(.minutes(20)))
    func `An idle program wakes up all the time without CIdle, and never with it`() async throws {
        try await compileIdle()
        let plain = try await start("plain", [])
        let quiet = try await start("quiet", [folder["dispatch.o"]])
        defer { for child in [plain, quiet] { child.kill(group: true) } }
        // Workers that find nothing to do leave after some seconds.
        var last: [String: Int] = [:]
        try await eventually("the quiet one is idle", limit: .seconds(90), every: .seconds(7)) {
            let now = wakeUps(of: quiet)
            defer { last = now }
            return now == last ? true : nil
        }
        // This long is what is measured.
        let before = (plain: wakeUps(of: plain), quiet: wakeUps(of: quiet))
        try await Task.sleep(for: .seconds(5))
        #expect(wakeUps(of: quiet) == before.quiet)
        let woken = wakeUps(of: plain).map { $0.value - before.plain[$0.key, default: 0] }.reduce(0, +)
        #expect(woken >= 2, "libdispatch is quiet by itself: CIdle need not reach into it any more")
    }

    @Test func `The C++ library is linked statically by its name`() async throws {
        try folder.write(Self.program, to: "main.swift")
        let usual = ["libc.so.6", "libgcc_s.so.1", "libm.so.6"]
        try await link("shared", [])
        #expect(
            try await needed("shared").contains("libstdc++.so.6"),
            "Swift's runtime does without the shared library by itself: LinkedStatically is needless")
        try await link("static", ["-L", Repository.path("Sources/LinkedStatically"), "-use-ld=lld"])
        #expect(try await needed("static") == usual)
        #expect(try await run(folder["static"], ["end"]).status == .exited(0))
    }

    // MARK: A program that has worked, and waits

    private static let program = """
        await withTaskGroup { group in
            for number in 0..<8 { group.addTask { number.description.count } }
            await group.waitForAll()
        }
        if CommandLine.arguments.count == 1 { try await Task.sleep(for: .seconds(600)) }
        """

    private func compileIdle() async throws {
        try folder.write(Self.program, to: "main.swift")
        try await output(
            "clang", ["-O2", "-c", Repository.path("Sources/CIdle/dispatch.c"), "-o", folder["dispatch.o"]])
    }

    private func link(_ name: String, _ arguments: [String]) async throws {
        try await output(
            "swiftc", ["-O", "-static-stdlib", folder["main.swift"], "-o", folder[name]] + arguments,
            limit: .seconds(240))
    }

    private func start(_ name: String, _ arguments: [String]) async throws -> ChildProcess {
        try await link(name, arguments)
        return try ChildProcess(folder[name])
    }

    // MARK: What is looked at

    /// How often each of the process's threads was put to sleep.
    private func wakeUps(of child: ChildProcess) -> [String: Int] {
        let tasks = "/proc/\(child.pid)/task"
        let threads = (try? FileManager.default.contentsOfDirectory(atPath: tasks)) ?? []
        let counts = threads.compactMap { thread -> (String, Int)? in
            let status = try? String(contentsOfFile: "\(tasks)/\(thread)/status", encoding: .utf8)
            let line = status?.split(separator: "\n").first { $0.hasPrefix("voluntary_ctxt_switches:") }
            return line?.split(separator: "\t").last.flatMap { Int($0) }.map { (thread, $0) }
        }
        return Dictionary(uniqueKeysWithValues: counts)
    }

    /// The libraries that the loader is asked for by name, but for itself.
    private func needed(_ name: String) async throws -> [String] {
        try await output("objdump", ["-p", folder[name]]).split(separator: "\n")
            .compactMap { line in
                let words = line.split(separator: " ")
                return words.first == "NEEDED" ? words.last.map(String.init) : nil
            }
            .filter { !$0.hasPrefix("ld-linux") }.sorted()
    }

    /// From nm's lines, which end in file, kind and name.
    private func symbols(_ arguments: [String]) async throws -> [(file: String, name: String)] {
        try await output("nm", arguments).split(separator: "\n").compactMap { line in
            guard let name = line.split(separator: " ").last, let file = line.firstRange(of: ".o:") else { return nil }
            return (String(line[..<file.upperBound]), String(name))
        }
    }
}

private enum Toolchain {
    /// The folder of the static standard library that goes with the `swiftc` on the `PATH`.
    static let staticLibraries: String? = {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        let compiler = path.split(separator: ":").map { URL(filePath: "\($0)/swiftc").resolvingSymlinksInPath() }
            .first { FileManager.default.isExecutableFile(atPath: $0.path) }
        guard let usr = compiler?.deletingLastPathComponent().deletingLastPathComponent() else { return nil }
        let folder = usr.appending(path: "lib/swift_static/linux").path
        return FileManager.default.fileExists(atPath: "\(folder)/libdispatch.a") ? folder : nil
    }()
}
