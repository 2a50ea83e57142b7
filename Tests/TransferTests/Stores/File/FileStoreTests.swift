import Foundation
import Glibc
import TestSupport
import Testing

@testable import Transfer

struct FileStoreTests {
    private let store = FileStore()

    @Test func `a file is read, whole and in part, also by a sink that pauses`() async throws {
        let folder = try TemporaryFolder()
        let content = seededBytes(600_000)
        let path = try folder.write(content, to: "x")
        let info = try await store.stat(path)
        #expect(info.size == 600_000)
        let whole = BytesSink(pauses: true)
        _ = try await store.read(path, range: nil, matching: info, into: whole)
        #expect(whole.bytes == content)
        let part = BytesSink()
        _ = try await store.read(path, range: 5..<300_000, matching: info, into: part)
        #expect(part.bytes == Array(content[5..<300_000]))
        let empty = try folder.write("", to: "empty")
        let nothing = BytesSink()
        _ = try await store.read(empty, range: nil, matching: nil, into: nothing)
        #expect(nothing.begun.count == 1 && nothing.bytes.isEmpty)
    }

    @Test func `a pattern looks only into folders that may hold what it means`() async throws {
        let folder = try TemporaryFolder()
        for name in ["run-1/deep/x.txt", "run-2/x.txt", "other/x.txt"] { try folder.write("x", to: name) }
        // Whoever looks in here fails: no store can name it.
        let hidden = open(folder["other"], O_RDONLY | O_DIRECTORY)
        defer { close(hidden) }
        close(openat(hidden, [CChar(bitPattern: 0xFF), 0], O_CREAT | O_WRONLY, 0o600))
        let engine = TransferEngine(stores: StoreRegistry(StoreConfiguration(environment: [:])))
        let target = try TemporaryFolder()
        func fetch(_ pattern: String) async -> TransferReport {
            await engine.fetch([InputRequest(from: "\(folder.path)/\(pattern)", to: "")], into: target.path)
        }
        #expect(await fetch("*-[12]/**").failures == [])
        #expect(try target.list() == ["run-1", "run-1/deep", "run-1/deep/x.txt", "run-2", "run-2/x.txt"])
        #expect(await fetch("*/x.txt").failures.map(\.reason) == [.local(errno: EILSEQ)])
    }

    @Test func `a file that changed is refused`() async throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("first", to: "x")
        let info = try await store.stat(path)
        try folder.write("longer", to: "x")
        let error = await failure { () throws(TransferError) in
            _ = try await store.read(path, range: 0..<2, matching: info, into: BytesSink())
        }
        #expect(error?.reason == .changed)
    }

    @Test func `what is no file is told apart`() async throws {
        let folder = try TemporaryFolder()
        let missing = await failure { () throws(TransferError) in _ = try await store.stat(folder["missing"]) }
        #expect(missing?.reason == .notFound)
        let directory = await failure { () throws(TransferError) in _ = try await store.stat(folder.path) }
        #expect(directory?.reason == .configuration)
        #expect(mkfifo(folder["pipe"], 0o600) == 0)
        let pipe = await failure { () throws(TransferError) in _ = try await store.stat(folder["pipe"]) }
        #expect(pipe?.reason == .configuration)
    }

    @Test func `a folder is listed in order, links to folders not entered`() async throws {
        let folder = try TemporaryFolder()
        for name in ["b", "a/2", "a/1", "a.x", "a/c/d", "other/x"] { try folder.write(name, to: name) }
        symlink(folder["a"], folder["link"])
        symlink(folder["b"], folder["linked"])
        let all = try await store.list(prefix: folder.path + "/", after: nil)
        #expect(
            all.objects.map { $0.key.dropFirst(folder.path.count + 1) } == [
                "a.x", "a/1", "a/2", "a/c/d", "b", "linked", "other/x",
            ])
        #expect(all.next == nil && all.leftOut.map(\.key) == [folder["link"]])
        let some = try await store.list(prefix: folder["a/"], after: nil)
        #expect(some.objects.map(\.size) == [3, 3, 5])
        let begun = try await store.list(prefix: folder["a"], after: folder["a/1"])
        #expect(begun.objects.map(\.key) == [folder["a/2"], folder["a/c/d"]])
    }

    @Test func `what is no file is left out of a listing, with the reason`() async throws {
        let folder = try TemporaryFolder()
        for name in ["file", "in/file"] { try folder.write("x", to: name) }
        for (name, target) in [
            ("gone", "nothing"), ("loop", "loop"), ("folder", "in"), ("linked", "file"), ("dev", "pipe"),
        ] {
            symlink(target, folder[name])
        }
        #expect(mknod(folder["pipe"], S_IFIFO | 0o600, 0) == 0 && mknod(folder["socket"], S_IFSOCK | 0o600, 0) == 0)
        let page = try await store.list(prefix: folder.path + "/", after: nil)
        #expect(page.objects.map(\.key) == ["file", "in/file", "linked"].map { folder[$0] })
        let notes = page.leftOut.map { ($0.key.dropFirst(folder.path.count + 1), $0.why) }
        #expect(notes.map(\.0) == ["dev", "folder", "gone", "loop", "pipe", "socket"])
        for (why, words) in zip(
            notes.map(\.1),
            ["no file", "a link to a folder", "leads nowhere", "leads nowhere", "a pipe", "a socket"])
        {
            #expect(why.contains(words), "\(why)")
        }
    }

    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (1_445_412_480, "2015-10-21T07:28:00.000Z"), (-5, nil), (.max, nil),
        ] as [(Int, String?)])
    func `a file tells when it was changed, as far as that is a date`(_ seconds: Int, _ text: String?) async throws {
        var status = stat()
        status.st_mtim.tv_sec = seconds
        #expect(OpenFile.info("x", status).lastModified == text)
        let folder = try TemporaryFolder()
        let path = try folder.write("x", to: "x")
        let found = try await store.stat(path).lastModified
        let listed = try await store.list(prefix: path, after: nil).objects.map(\.lastModified)
        #expect(found != nil && listed == [found])
    }

    @Test func `a folder with more files than a page holds`() async throws {
        let folder = try TemporaryFolder()
        let count = FileListing.pageSize + 5
        for index in 0..<count {
            close(open(folder["f\(index)"], O_CREAT | O_WRONLY, 0o600))
        }
        var keys: Set<String> = []
        var token: String?
        var pages = 0
        repeat {
            let page = try await store.list(prefix: folder.path + "/", after: token)
            keys.formUnion(page.objects.map(\.key))
            token = page.next
            pages += 1
        } while token != nil
        #expect(keys.count == count)
        #expect(pages == 2)
    }

    @Test func `a file is written whole or not at all`() async throws {
        let folder = try TemporaryFolder()
        let content = seededBytes(700_000)
        let info = try await store.write(folder["new/folder/x"], BytesSource(content), ObjectAttributes())
        #expect(info.size == 700_000)
        #expect(try folder.read("new/folder/x") == content)
        #expect(try folder.list("new/folder") == ["x"])

        let error = await failure { () throws(TransferError) in
            _ = try await store.write(folder["new/folder"], BytesSource("x"), ObjectAttributes())
        }
        #expect(error != nil)
        #expect(try folder.list("new") == ["folder", "folder/x"])
    }
}
