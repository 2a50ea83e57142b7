import Basics
import HTTPTransport
import Testing

@testable import Transfer

@Suite struct FileListTests {
    private static let digest = String(repeating: "0f", count: 32)
    private static let files = [
        TransferredFile(path: "a/b.csv", url: "s3://bucket/run/a/b.csv", size: 1, sha256: digest),
        TransferredFile(path: "a/c.csv", url: "s3://bucket/run/a/c.csv", size: 1 << 40),
        TransferredFile(path: "x", url: "/folder/x", size: 0), TransferredFile(path: "", url: "", size: 3),
        TransferredFile(path: "e\u{301}", url: "s3://b/\u{E9}", size: 4),
        TransferredFile(path: "é", url: "https://h/%C3%A9?x", size: 5, sha256: digest),
        TransferredFile(path: "long", url: "g", size: 6), TransferredFile(path: "b", url: "s3://a/b/b", size: 7),
    ]

    @Test func `what the store says of a file stays with it, across pieces of the list`() {
        let files = (0..<3_000).map { number in
            var file = TransferredFile(
                path: String(repeating: "p", count: 50) + "\(number)", url: "s3://b/k\(number)", size: Int64(number),
                sha256: number.isMultiple(of: 3) ? Self.digest : nil)
            if number.isMultiple(of: 2) { file.checksum = Checksum(.crc32c, [1, 2, 3, UInt8(number % 256)]) }
            if number.isMultiple(of: 5) { file.version = "v\(number)" }
            return file
        }
        let list = FileList(files)
        #expect(Array(list) == files && list.count == 3_000)
        let order = list.indicesByPath.map { list[Int($0)].path }
        #expect(order == files.map(\.path).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
    }

    @Test func `files come out as they went in`() {
        var list = FileList()
        for file in Self.files { list.append(file) }
        #expect(Array(list) == Self.files)
        for (kept, file) in zip(list, Self.files) { #expect(kept.path.utf8.elementsEqual(file.path.utf8)) }
        #expect(list.size == Self.files.reduce(0) { $0 + $1.size })
        list += FileList(Self.files)
        #expect(Array(list) == Self.files + Self.files)
    }

    @Test func `URLs that share nothing are kept as well`() {
        let files = (0..<3_000).map { TransferredFile(path: "p\($0)", url: "s3://b\($0)/k\($0)x", size: Int64($0)) }
        #expect(Array(FileList(files)) == files)
    }

    @Test func `a manifest is written as its whole encoding would be`() throws {
        var manifest = Manifest(step: ["pod": "p"], files: [], summary: ["bytes": "1"])
        for count in [0, 1, 2, 5_000] {
            let files = (0..<count).map { number in
                TransferredFile(
                    path: "d/\(number)\"", url: "s3://b/o/d/\(number)\"", size: Int64(number),
                    sha256: number.isMultiple(of: 2) ? Self.digest : nil)
            }
            let document = try ManifestDocument(manifest, files: FileList(files.reversed()))
            let bytes = try #require(read(document))
            #expect(document.length == Int64(bytes.count))
            #expect(document.rewind())
            #expect(read(document) == bytes)
            manifest.files = files.sorted { $0.path < $1.path }.map(Manifest.File.init)
            #expect(String(decoding: bytes, as: UTF8.self) == (try JSONCoding.encode(manifest).prettyText))
            #expect(try manifest.encoded() == bytes)
            manifest.files = []
        }
    }

    private func read(_ content: any ObjectContent) -> [UInt8]? {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1000)
        while true {
            switch buffer.withUnsafeMutableBytes({ content.read(into: $0) }) {
            case .filled(let count): bytes += buffer[..<count]
            case .end: return bytes
            case .fail, .pause: return nil
            }
        }
    }
}

extension Manifest {
    /// The document as it is stored.
    func encoded() throws -> [UInt8] {
        let list = files.map { file in
            var kept = TransferredFile(path: file.path, url: file.url, size: file.size, sha256: file.sha256)
            (kept.checksum, kept.version) = (file.checksum.flatMap { Checksum(text: $0) }, file.version)
            return kept
        }
        let document = try ManifestDocument(self, files: FileList(list))
        var bytes: [UInt8] = []
        while let piece = document.next() { bytes += piece }
        return bytes
    }
}
