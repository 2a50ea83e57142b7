import Glibc
import PodRules
import WorkdirProtocol

@testable import Admission
@testable import Basics
@testable import ContainerRuntime
@testable import Conversion
@testable import KubeModel
@testable import SidecarAgent
@testable import Terminator
@testable import Transfer
@testable import YAMLTree

/// What reads bytes that others wrote. Each must refuse in its own words what it cannot use: any bytes at all may come.
enum Parser: String, CaseIterable, Sendable {
    case yaml, plain, json, convert, reverse, admission
    case podProtobuf = "pod-protobuf"
    case podJSON = "pod-json"
    case listProtobuf = "list-protobuf"
    case listJSON = "list-json"
    case watchProtobuf = "watch-protobuf"
    case watchJSON = "watch-json"
    case request, response, handshake, tunnel
    case xml, archive, cri, journal, manifest, credentials, profiles, marker, record, progress, location, grammar

    /// Traps where the parser breaks a promise; what it refuses is as good as what it reads.
    func feed(_ bytes: [UInt8]) {
        let text = String(decoding: bytes, as: UTF8.self)
        switch self {
        case .yaml: _ = try? YAMLNode(parsing: bytes, limits: YAMLLimits(bytes: 1 << 20, depth: 64, nodes: 20_000))
        case .plain:
            let (quick, byEvents) = (
                trees { try SourceReader(bytes, limits: $0) }, trees { try SourceReader(byEvents: bytes, limits: $0) }
            )
            precondition(quick == byEvents, "two readers read two trees")
        case .json:
            guard let value = try? JSONValue(bytes) else { return }
            precondition(
                (try? JSONValue(Array(value.text.utf8))) == value, "what was written is read as something else")
        case .convert: convert(bytes, .toNative)
        case .reverse: convert(bytes, .toOrdinary)
        case .admission: _ = try? AdmissionRequest(review: bytes)
        case .podProtobuf: judge(try? Pod(.protobuf, in: bytes.span))
        case .podJSON: judge(try? Pod(.json, in: bytes.span))
        case .listProtobuf: list(bytes, .protobuf)
        case .listJSON: list(bytes, .json)
        case .watchProtobuf: watch(bytes, .protobuf)
        case .watchJSON: watch(bytes, .json)
        case .request: HTTPHeads.request(bytes)
        case .response: HTTPHeads.response(bytes)
        case .handshake: HTTPHeads.handshake(bytes, isTunneled: false)
        case .tunnel: HTTPHeads.handshake(bytes, isTunneled: true)
        case .xml:
            _ = try? S3Listing.page(bytes, object: "fuzz")
            _ = try? S3Listing.parts(bytes, object: "fuzz")
            _ = try? S3Listing.uploads(bytes, object: "fuzz")
        case .archive: unpack(bytes)
        case .cri: _ = GRPCFrame.decode(bytes)
        case .journal: for line in bytes.split(separator: UInt8(ascii: "\n")) { _ = JournalLine.decode(line) }
        case .manifest: _ = try? Manifest(bytes, from: "fuzz")
        case .credentials: _ = try? CredentialDocument.credentials(bytes, from: "fuzz")
        case .profiles: _ = INIFile.parse(text)
        case .marker: precondition((StateLine.parse(bytes)?.count ?? 0) <= StateLine.limit, "too long a state")
        case .record:
            _ = TryRecord(parsing: bytes)
            _ = TryVerdict(parsing: bytes)
            _ = UsageRecord(parsing: bytes)
        case .progress:
            let progress = Progress(text)
            precondition(Progress("\(progress)") == progress, "the memory of a pod is read as another")
        case .location:
            _ = try? Location(text)
            _ = try? Glob(text)
        case .grammar:
            _ = ByteSize(text)
            _ = DurationText.parse(text).map(DurationText.print)
            _ = CivilTime(internet: text)
            _ = CivilTime(http: text)
            _ = RetryAfter.parse(text, now: 0)
            _ = PercentEncoding.decode(text)
            _ = text.printable()
            _ = text.printableJSON
        }
    }

    /// What a reader makes of a stream; `nil` where it refuses a part of it.
    private func trees(_ reader: (YAMLLimits) throws -> SourceReader) -> [String]? {
        guard var reader = try? reader(YAMLLimits(bytes: 1 << 20, depth: 64, nodes: 20_000)) else { return nil }
        var trees: [String] = []
        do {
            while let document = try reader.document() {
                let tree = document.root.tree
                trees.append("\(document.range) \(tree.hasMergeKeys) \(tree.records)")
                for (index, record) in tree.records.enumerated() {
                    let words = record.isScalar ? String(decoding: tree.text(index), as: UTF8.self) : ""
                    trees.append("\(words) \(tree.mark(index)) \(String(describing: tree.properties[index]))")
                }
            }
            return trees
        } catch {
            return nil
        }
    }

    private func convert(_ bytes: [UInt8], _ direction: ConversionOptions.Direction) {
        var options = ConversionOptions()
        options.direction = direction
        options.countsKnown = true
        guard bytes.count < 1 << 16, let once = try? StreamConverter(options).convert(bytes) else { return }
        guard let twice = try? StreamConverter(options).convert(once.output) else {
            preconditionFailure("what was converted is no YAML any more")
        }
        precondition(direction == .toOrdinary || twice.output == once.output, "converting twice changes something")
    }

    private func judge(_ pod: Pod?) {
        guard let pod else { return }
        let facts = PodFacts(pod, rules: MarkerRules())
        _ = Verdict(for: facts, holdsPhase: false)
    }

    /// In pieces as small as a network may deliver, because places move between them.
    private func list(_ bytes: [UInt8], _ encoding: ObjectEncoding) {
        var reader = ObjectListReader(encoding)
        for piece in pieces(of: bytes) {
            reader.append(piece)
            do throws(WireError) {
                while let item = try reader.next() {
                    judge(try? reader.withObject(item) { b throws(WireError) in try Pod(encoding, in: b) })
                }
            } catch { return }
        }
        _ = try? reader.finish()
    }

    private func watch(_ bytes: [UInt8], _ encoding: ObjectEncoding) {
        var reader = WatchFrameReader(encoding)
        for piece in pieces(of: bytes) {
            reader.append(piece)
            do throws(WireError) { while try reader.next() != nil {} } catch { return }
        }
    }

    private func pieces(of bytes: [UInt8]) -> [[UInt8]] {
        let length = 1 + Int(bytes.first ?? 0)
        return stride(from: 0, to: bytes.count, by: length).map { Array(bytes[$0..<min($0 + length, bytes.count)]) }
    }

    private func unpack(_ bytes: [UInt8]) {
        guard let stream = tmpfile() else { return }
        defer { fclose(stream) }
        let file = fileno(stream)
        guard bytes.withUnsafeBytes({ write(file, $0.baseAddress, $0.count) }) == bytes.count,
            let reader = try? ArchiveReader(descriptor: file, object: "fuzz")
        else { return }
        var rules = ArchiveBudget(ArchiveLimits(), size: Int64(bytes.count), object: "fuzz")
        do throws(TransferError) {
            while let entry = try reader.next() {
                try rules.addEntry()
                _ = try ArchiveName.path(entry.path, in: "fuzz")
                try reader.forEachPiece { piece, _ throws(TransferError) in try rules.add(Int64(piece.count)) }
            }
        } catch {}
    }
}
