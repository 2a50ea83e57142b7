import Foundation
import HTTPTransport
import TestSupport
import Testing

@testable import Transfer

/// Every store with each known fault in one of twenty requests: all bytes are right, and what fails says so of an object that
/// was struck. `KPIPE_FAULT_TRANSFERS` is how many objects are moved at each store, `KPIPE_TEST_SEED` which requests are struck,
/// `KPIPE_FAULT_ROW` the one row that is tried (`moto: damaged`).
@Suite struct StoreFaultTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let kind: ServedStore.Kind
        let fault: StoreFault
        var testDescription: String { "\(kind.rawValue): \(fault.rawValue)" }

        /// Without a checksum that is cheap nothing tells a damaged object from another but a digest that was given: of these
        /// stores moto and Google's have one.
        private var isSeen: Bool { fault != .damaged || [.moto, .google].contains(kind) }
        /// Azure's key signs the range.
        private var isPossible: Bool { fault != .whole || kind != .azure }
        var isMeant: Bool { isSeen && isPossible }
    }

    static let rows = ServedStore.Kind.allCases.filter(\.isHere).flatMap { kind in
        StoreFault.allCases.map { Row(kind: kind, fault: $0) }
    }.filter { $0.isMeant && [nil, $0.testDescription].contains(environment["KPIPE_FAULT_ROW"]) }

    private static let environment = ProcessInfo.processInfo.environment
    private static let seed = environment["KPIPE_TEST_SEED"].flatMap(UInt64.init) ?? 20_261_130
    /// Of one row; each goes both ways.
    private static let files =
        max((environment["KPIPE_FAULT_TRANSFERS"].flatMap { Int($0) } ?? 0) / StoreFault.allCases.count / 2, 12)
    private static let large = (11 << 20) + 7

    @Test(arguments: rows) func `all bytes are right, and every error is honest`(row: Row) async throws {
        let proxy = try FaultyStore(try await ServedStore(row.kind), [row.fault], seed: Self.seed)
        defer { proxy.stop() }
        var random = SeededGenerator(seed: Self.seed)
        let folder = try TemporaryFolder("faults")
        var contents: [String: [UInt8]] = [:]
        for index in 0..<Self.files {
            let size = index == 0 ? Self.large : index == 1 ? 0 : Int.random(in: 1...40_000, using: &random)
            contents["d\(index % 3)/file-\(index)"] = seededBytes(size, seed: UInt64(index))
        }
        for (name, bytes) in contents { try folder.write(bytes, to: "out/\(name)") }
        var stores = StoreConfiguration(environment: proxy.store.environment(at: proxy.url))
        // A busy machine's stores take their time with all else.
        if row.fault == .stalled { stores.timeouts = HTTPTimeouts(stall: .milliseconds(500), minimumRate: 1000) }
        let registry = StoreRegistry(stores)
        // moto calls the checksum of an upload's parts' checksums the whole object's.
        var configuration = TransferConfiguration(
            partSize: row.kind == .moto ? nil : 256 << 10, retry: quickRetries)
        configuration.failuresBeforeStop = .max
        let engine = TransferEngine(stores: registry, configuration: configuration)

        let up = await engine.store(
            [OutputRequest(from: "**", to: proxy.store.url("run/", at: proxy.url))], from: folder["out"])
        expectHonest(up, row, proxy)
        for (name, bytes) in contents where !explains(up, name) {
            #expect(try await proxy.store.bytes("run/\(name)") == bytes, "\(name) is stored otherwise, \(row)")
        }
        // Nobody can end an upload whose name did not arrive.
        let isNameless = proxy.struck.contains {
            $0.hasPrefix("POST ") && ($0.contains("?uploads") || $0.contains("uploadType=resumable"))
        }
        #expect(proxy.store.openUploads == 0 || row.fault.isFinal || isNameless, "\(row): \(proxy.struck)")

        for (name, bytes) in contents where explains(up, name) { try await proxy.store.put(bytes, "run/\(name)") }
        let inputs =
            row.kind.lists
            ? [InputRequest(from: proxy.store.url("run/", at: proxy.url), to: "")]
            : contents.keys.map { InputRequest(from: proxy.store.url("run/\($0)", at: proxy.url), to: $0) }
        let down = await engine.fetch(inputs, into: folder["in"])
        // What came damaged comes whole the next time, but for the large one, of whose ranges always one is struck. What comes
        // with the same damage again is taken for damaged in the store.
        if row.fault == .damaged {
            let again = down.failures.filter { !$0.object.hasSuffix("file-0") && proxy.strikes(on: $0.object) < 2 }
            #expect(again == [], "\(row)")
        }
        expectHonest(down, row, proxy)
        for (name, bytes) in contents {
            let isExplained = explains(down, name)
            #expect(folder.exists("in/\(name)") != isExplained, "\(name), \(row)")
            // A page that answers both questions about an object is one, as far as anybody can tell.
            if row.fault == .loginPage, row.kind == .web, proxy.strikes(on: name) > 1 { continue }
            if !isExplained { #expect(try folder.read("in/\(name)") == bytes, "\(name) came otherwise, \(row)") }
        }
        await registry.shutdown()
    }

    /// That of the object, or of the listing that was to name it.
    private func explains(_ report: TransferReport, _ name: String) -> Bool {
        report.failures.contains { $0.object.hasSuffix("/\(name)") || $0.object.hasSuffix("run/") }
    }

    private func expectHonest(_ report: TransferReport, _ row: Row, _ proxy: FaultyStore) {
        if row.fault == .damaged { return #expect(report.failures.allSatisfy { $0.isOfChecksum }, "\(row)") }
        guard row.fault.isFinal else { return #expect(report.failures == [], "\(row)") }
        let struck = proxy.struck.map { $0.removingPercentEncoding ?? $0 }
        for failure in report.failures {
            // Google's uploads name their object in the body.
            let object = failure.object.split(separator: "/").last.map(String.init) ?? ""
            #expect(
                struck.contains { $0.contains(object) || $0.contains("/upload/storage/") || $0.contains("prefix=") },
                "\(failure), \(row)")
            #expect([.permission, .notFound, .noBucket, .uploadEnded].contains(failure.reason), "\(failure), \(row)")
        }
    }
}

extension FaultyStore {
    /// How many of the requests that read the object were struck.
    fileprivate func strikes(on object: String) -> Int {
        let name = object.split(separator: "/").suffix(2).joined(separator: "/")
        return struck.count { request in
            let target = String(request.prefix { $0 != "?" })
            return !request.hasPrefix("P") && (target.removingPercentEncoding ?? target).hasSuffix("/\(name)")
        }
    }
}

extension TransferError {
    fileprivate var isOfChecksum: Bool { if case .checksum = reason { true } else { false } }
}
