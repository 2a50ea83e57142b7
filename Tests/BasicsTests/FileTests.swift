import Basics
import Foundation
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

    /// As a parent on Node leaves the pipes that it hands on.
    @Test func `a pipe that was made non-blocking is waited for`() async throws {
        var ends: [Int32] = [-1, -1]
        #expect(pipe(&ends) == 0)
        for end in ends { #expect(fcntl(end, F_SETFL, O_NONBLOCK) == 0) }
        let (reading, writing) = (ends[0], ends[1])
        defer { close(reading) }
        let bytes = [UInt8](repeating: 7, count: 1 << 20)
        #expect(!bytes.withUnsafeBytes { Descriptor.write($0, to: writing) } && errno == EAGAIN)
        let writer = Thread {
            _ = bytes.withUnsafeBytes { Descriptor.write($0, to: writing, waits: true) }
            close(writing)
        }
        writer.start()
        let read = try #require([UInt8](readingAllOf: reading, limit: 4 << 20, waits: true))
        #expect(read.count > bytes.count && read.allSatisfy { $0 == 7 })
    }

    @Test func `what is missing is told apart`() throws {
        #expect(try SmallFile.bytesIfPresent("/no/such/file") == nil)
        #expect(try SmallFile.bytesIfPresent("/etc/hostname/x") == nil)
        #expect(throws: SmallFile.Failure.self) { try SmallFile.bytesIfPresent("/proc/self/mem") }
    }
}
