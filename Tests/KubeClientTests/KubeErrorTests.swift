import KubeClient
import KubeModel
import Testing

@Suite struct KubeErrorTests {
    @Test(arguments: [(404, false), (409, false), (422, false), (429, true), (500, true), (501, false), (503, true)])
    func knowsWhatMayBeTriedAgain(code: Int, isTransient: Bool) {
        let error = KubeError(attempted: "GET /api", reason: .status(APIStatus(code: code)))
        #expect(error.isTransient == isTransient)
    }
}
