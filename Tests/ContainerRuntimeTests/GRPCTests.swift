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
}
