import Entrypoint
import Testing

@Test(
    arguments: [
        (nil, "e1", false), ("", "e1", true), ("\n", "e1", true), ("e1\n", "e1\n", true), ("e1", "e1\n", true),
        ("e0\n", "e1\n", false), ("e1\n", nil, true),
    ] as [(String?, String?, Bool)])
func readyIsOfItsEpoch(marker: String?, epoch: String?, isReady: Bool) {
    #expect(
        MarkerSnapshot.isReady(marker: marker.map { Array($0.utf8) }, epoch: epoch.map { Array($0.utf8) }) == isReady)
}
