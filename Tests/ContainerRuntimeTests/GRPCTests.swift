import Basics
import HTTPTransport
import Testing

@testable import ContainerRuntime

@Suite struct GRPCTests {
    @Test(arguments: [0, 1, 255, 256, 70_000])
    func framesComeBack(count: Int) {
        let message = [UInt8](repeating: 7, count: count)
        #expect(GRPCFrame.decode(GRPCFrame.encode(message)) == message)
    }

    @Test(arguments: [[], [0, 0, 0, 0], [1, 0, 0, 0, 0], [0, 0, 0, 0, 2, 1], [0, 0, 0, 0, 1, 1, 1]] as [[UInt8]])
    func othersAreNoFrame(bytes: [UInt8]) { #expect(GRPCFrame.decode(bytes) == nil) }

    @Test(
        arguments: [
            (["grpc-status": "0"], [:], GRPCStatus(code: 0)),
            (
                [:], ["grpc-status": "5", "grpc-message": "no%20such%C3%A9 100%"],
                GRPCStatus(code: 5, message: "no suché 100%")
            ),
            ([:], [:], nil), (["grpc-status": "x"], [:], nil),
        ] as [(HTTPHeaders, HTTPHeaders, GRPCStatus?)])
    func statusComesFromTrailersOrHead(headers: HTTPHeaders, trailers: HTTPHeaders, status: GRPCStatus?) {
        var head = HTTPResponseHead(status: 200, headers: headers)
        head.trailers = trailers
        #expect(GRPCStatus(head) == status)
    }

    @Test(
        arguments: [
            [0x08], [0x08, 0x80], [0x12, 0x05, 0x01], [0x00, 0x00], [0x0B],
            [0x12] + [UInt8](repeating: 0xFF, count: 10),
        ] as [[UInt8]])
    func brokenMessagesAreRefused(bytes: [UInt8]) {
        #expect(throws: WireField.Malformed.self) { try WireField.each(of: bytes[...]) { _ in } }
    }

    @Test func whatIsWrittenIsRead() throws {
        var writer = WireWriter()
        writer.string(1, "a")
        writer.string(2, "")
        writer.integer(3, -1)
        writer.integer(4, 300)
        var seen: [String] = []
        try WireField.each(of: writer.bytes[...]) { field in
            seen.append("\(field.number)=" + (field.number == 1 ? try field.string() : "\(try field.integer())"))
        }
        #expect(seen == ["1=a", "3=-1", "4=300"])
    }
}
