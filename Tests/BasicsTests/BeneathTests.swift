import Basics
import Foundation
import Glibc
import TestSupport
import Testing

/// What the other side of a shared volume can put in the way.
@Suite final class BeneathTests {
    private let folder: TemporaryFolder
    private let descriptor: Int32

    init() throws {
        folder = try TemporaryFolder("beneath")
        descriptor = open(folder.path, O_RDONLY | O_DIRECTORY)
    }

    deinit { close(descriptor) }

    @Test(arguments: [
        "a", "a/", "./a/./b", "a/b", ".", "", "link", "link/b", "a/loop", "missing", "a/b/c", "/a", "a/../a", "..",
    ])
    func `both ways of opening agree`(path: String) throws {
        try folder.write("x", to: "a/b")
        symlink("a", folder["link"])
        symlink("loop", folder["a/loop"])
        let byKernel = Beneath.open(descriptor, path.isEmpty ? "." : path, O_RDONLY)
        let first = errno
        let byHand = Beneath.walk(from: descriptor, path, O_RDONLY)
        #expect((byKernel < 0) == (byHand < 0) || path == "a/../a", "walk takes no .. at all")
        if byKernel < 0 { #expect(errno == first) }
        for file in [byKernel, byHand] where file >= 0 { close(file) }
    }

    /// Nested deeper than there are descriptors, and than any path is long.
    @Test func `a tree of any depth goes, with names of any bytes, and what its links lead to stays`() throws {
        try folder.write("kept", to: "outside/file")
        var inner = dup(descriptor)
        for level in 0..<3000 {
            let name: [CChar] = level == 7 ? [-61, 40, 0] : Array("nested".utf8CString)
            #expect(mkdirat(inner, name, 0o777) == 0)
            if level % 100 == 0 { symlinkat("../outside", inner, "link") }
            let next = openat(inner, name, O_RDONLY | O_DIRECTORY)
            close(inner)
            inner = next
        }
        close(inner)
        #expect(Beneath.remove(EntryName("nested"), from: descriptor))
        #expect(Beneath.remove(EntryName("nested"), from: descriptor), "nothing there is fine")
        #expect(try folder.list("").sorted() == ["link", "outside", "outside/file"])
    }

    @Test func `a link that is removed leads to nothing that goes`() throws {
        try folder.write("kept", to: "outside/file")
        symlink("outside", folder["link"])
        #expect(Beneath.remove(EntryName("link"), from: descriptor))
        #expect(folder.exists("outside/file") && !folder.exists("link"))
    }
}
