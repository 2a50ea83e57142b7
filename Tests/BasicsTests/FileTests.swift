import Basics
import Glibc
import TestSupport
import Testing

@Suite struct FileTests {
    @Test func `a small file is read whole or not at all`() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write(String(repeating: "a", count: 5000), to: "file")
        #expect(try SmallFile.bytes(path, limit: 5000).count == 5000)
        let error = #expect(throws: SmallFile.Failure.self) { try SmallFile.bytes(path, limit: 4999) }
        #expect(error?.description == "cannot read \(path): larger than 4999 bytes")
        #expect(try SmallFile.bytes("/proc/self/stat").isEmpty == false)
        try folder.write(" \n token\t\n", to: "file")
        #expect(try SmallFile.text(path) == "token")
    }

    @Test func `only a regular file is read, unless its name comes from who started us`() throws {
        let folder = try TemporaryFolder()
        let pipe = folder["pipe"]
        #expect(mkfifo(pipe, 0o600) == 0)
        for path in [folder.path, pipe, "/dev/null"] {
            #expect(throws: SmallFile.Failure.self) { try SmallFile.bytes(path) }
        }
        #expect(try SmallFile.bytes("/dev/null", pipes: true) == [])
        let failure = #expect(throws: SmallFile.Failure.self) { try SmallFile.bytes(folder.path, pipes: true) }
        #expect(failure?.code == EISDIR)
    }

    @Test func `what is missing is told apart`() throws {
        #expect(try SmallFile.bytesIfPresent("/no/such/file") == nil)
        #expect(try SmallFile.bytesIfPresent("/etc/hostname/x") == nil)
        #expect(throws: SmallFile.Failure.self) { try SmallFile.bytesIfPresent("/proc/self/mem") }
    }
}
