import Basics
import Foundation
import TestSupport
import Testing
import WorkdirProtocol

@testable import Transfer

@Suite struct ConfinedFolderTests {
    private let folder: TemporaryFolder
    private let outside: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder("confined")
        outside = try TemporaryFolder("outside")
        try outside.write("secret", to: "secret")
        try folder.write("x", to: "a/file")
        try FileManagerLink.make(folder["out"], to: outside.path)
        try FileManagerLink.make(folder["in"], to: "a")
    }

    @Test(arguments: ["../x", "/etc/passwd", "out/secret", "a/../../x", "in/file"])
    func `no path leads outside or through a link`(path: String) throws {
        let confined = try ConfinedFolder(folder.path)
        #expect(throws: TransferError.self) { try confined.openFile(path, O_RDONLY) }
        let root = open(folder.path, O_RDONLY | O_DIRECTORY)
        defer { close(root) }
        #expect(Beneath.walk(from: root, path, O_RDONLY) < 0, "by hand, as without openat2")
    }

    @Test func `an accent behind a slash hides no step`() throws {
        let name = "\u{301}x"
        try folder.write("above", to: name)
        let inner = open(folder["a"], O_RDONLY | O_DIRECTORY)
        defer { close(inner) }
        #expect(Beneath.walk(from: inner, "../\(name)", O_RDONLY) < 0)
        #expect(throws: TransferError.self) { try RelativeName.check("b/../\(name)", of: "o") }
        #expect(throws: TransferError.self) { try ArchiveName.check(link: "../\(name)", at: "l", in: "o") }
        #expect(throws: TransferError.self) { try ArchiveName.check(link: "/\(name)", at: "l", in: "o") }
    }

    @Test func `ordinary paths open either way`() throws {
        let confined = try ConfinedFolder(folder.path)
        close(try confined.openFile("a/file", O_RDONLY))
        let root = open(folder.path, O_RDONLY | O_DIRECTORY)
        defer { close(root) }
        let file = Beneath.walk(from: root, "a/file", O_RDONLY)
        #expect(file >= 0)
        close(file)
    }

    /// As `Beneath.target` would read them.
    static let links = [
        "l": "a/b", "up": "../x", "a/back": "../c", "abs": "/w/output/a", "out": "/etc/passwd", "d": "a",
        "loop": "loop2", "loop2": "loop", "root": "/w/output", "through": "d/back", "prefix": "/w/output2/x",
        "dot": ".",
    ]

    @Test(
        arguments: [
            ("a/b", "a/b"), ("l", "a/b"), ("./l", "a/b"), ("up", nil), ("a/back", "c"), ("abs", "a"), ("abs/b", "a/b"),
            ("out", nil), ("d/b", "a/b"), ("loop", nil), ("root/l", "a/b"), ("through", "c"), ("prefix", nil),
            ("dot/l", "a/b"),
            ("dot", nil), ("..", nil), ("a/../..", nil), ("", nil),
        ] as [(String, String?)])
    func `links are followed by their words, within the folder`(path: String, target: String?) {
        #expect(LinkPath.resolve(path, root: "/w/output") { Self.links[$0] } == target)
    }

    @Test func `a link within is opened, also one that says so in full, and none that leads out`() throws {
        try FileManagerLink.make(folder["a/full"], to: "\(folder.path)/in/file")
        try FileManagerLink.make(folder["a/sly"], to: "../in/../out/secret")
        let confined = try ConfinedFolder(folder.path)
        for path in ["in/file", "a/full"] { close(try confined.openSource(path, O_RDONLY)) }
        for path in ["out/secret", "a/sly", "../x"] {
            #expect(throws: TransferError.self) { try confined.openSource(path, O_RDONLY) }
        }
    }

    @Test func `what was made in vain is taken back, as far as it is empty`() throws {
        try ConfinedFolder(folder["new/deep/er"], creating: true).removeIfMadeInVain()
        #expect(!folder.exists("new"))
        try ConfinedFolder(folder["a"], creating: true).removeIfMadeInVain()
        #expect(folder.exists("a"), "stood there before")
        let kept = try ConfinedFolder(folder["new/deep/er/"], creating: true)
        try folder.write("", to: "new/file")
        kept.removeIfMadeInVain()
        #expect(try folder.list("new") == ["file"])
    }

    @Test func `a temporary file that is let go of leaves nothing`() throws {
        let confined = try ConfinedFolder(folder.path)
        do {
            let file = try TemporaryFile(in: confined, for: "b")
            try file.preallocate(4096)
        }
        #expect(try folder.list().filter { $0.hasPrefix(".kpipe") } == [])
    }

    /// What stands at the name, and whether a file may take its place; written by an engine and by a store.
    @Test(
        arguments: [("pipe", false), ("socket", false), ("to pipe", false), ("link", true), ("file", true)],
        [false, true])
    func `a file takes the place of files and links alone`(_ kind: (name: String, gives: Bool), byStore: Bool)
        async throws
    {
        try folder.write("old", to: "file")
        try FileManagerLink.make(folder["link"], to: "file")
        try FileManagerLink.make(folder["to pipe"], to: "pipe")
        #expect(mknod(folder["pipe"], S_IFIFO | 0o600, 0) == 0 && mknod(folder["socket"], S_IFSOCK | 0o600, 0) == 0)
        var before = stat()
        lstat(folder[kind.name], &before)
        let confined = try ConfinedFolder(folder.path)
        // What came to stand there after it was begun is seen as well.
        let begun = byStore ? nil : try TemporaryFile(in: confined, for: "new")
        let error = await failure { () throws(TransferError) in
            if let begun {
                _ = try begun.place(at: kind.name)
            } else {
                _ = try await FileStore().write(folder[kind.name], BytesSource("new"), ObjectAttributes())
            }
        }
        var after = stat()
        lstat(folder[kind.name], &after)
        #expect((error == nil) == kind.gives && (error == nil || error?.exitCode == .inputOutput), "\(kind)")
        #expect(after.st_mode & S_IFMT == (kind.gives ? S_IFREG : before.st_mode & S_IFMT))
        if kind.name == "link" { #expect(try folder.text("file") == "old") }
        if !kind.gives {
            #expect(throws: TransferError.self) { try TemporaryFile(in: confined, for: kind.name) }
        }
    }

    @Test(.enabled(if: geteuid() != 0, "root may write everywhere; CopyFaultTests tries it as nobody"))
    func `an unwritable folder is a matter of permission`() throws {
        chmod(folder.path, 0o500)
        defer { chmod(folder.path, 0o700) }
        let confined = try ConfinedFolder(folder.path)
        do {
            _ = try TemporaryFile(in: confined, for: "b")
            Issue.record("made a file in an unwritable folder")
        } catch {
            #expect(error.exitCode == .permission)
        }
    }
}
