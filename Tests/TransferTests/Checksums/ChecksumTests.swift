import Basics
import CChecksum
import TestSupport
import Testing

@testable import Transfer

struct ChecksumTests {
    private func sum(_ algorithm: ChecksumAlgorithm, _ bytes: [UInt8]) -> Checksum {
        var accumulator = ChecksumAccumulator(algorithm)
        bytes.withUnsafeBytes { accumulator.update($0) }
        return accumulator.checksum
    }

    /// RFC 3720 §B.4; the CRC catalogue's check values; RFC 1321 §A.5; FIPS 180-2 §B.
    @Test(arguments: [
        (ChecksumAlgorithm.crc32c, Array("123456789".utf8), "e3069283"),
        (.crc32c, [UInt8](repeating: 0, count: 32), "8a9136aa"),
        (.crc32c, [UInt8](repeating: 0xff, count: 32), "62a8ab43"),
        (.crc32c, Array(0..<32), "46dd794e"),
        (.crc32c, [], "00000000"),
        (.crc64nvme, Array("123456789".utf8), "ae8b14860a799888"),
        (.crc64nvme, [UInt8](repeating: 0, count: 4096), "6482d367eb22b64e"),
        (.crc64nvme, [UInt8](repeating: 0xff, count: 4096), "c0ddba7302eca3ac"),
        (.crc64nvme, [], "0000000000000000"),
        (.md5, [], "d41d8cd98f00b204e9800998ecf8427e"),
        (.md5, Array("message digest".utf8), "f96b697d7cb7938d525a2f31aaf161d0"),
        (.sha256, [], "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        (.sha256, Array("abc".utf8), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    ])
    func `published values`(algorithm: ChecksumAlgorithm, bytes: [UInt8], hex: String) {
        #expect(sum(algorithm, bytes).hex == hex)
    }

    /// Lengths about every boundary of the accelerated loops, from unaligned starts.
    @Test func `accelerated and portable forms agree`() {
        let bytes = seededBytes(30_000)
        let lengths = Array(0..<300) + [511, 512, 4095, 4096, 4097, 12_287, 12_288, 12_289, 24_576, 29_990]
        bytes.withUnsafeBytes { raw in
            for length in lengths {
                for start in 0..<3 {
                    let part = UnsafeRawBufferPointer(rebasing: raw[start..<start + length])
                    #expect(
                        kpipe_crc32c(7, part.baseAddress, length) == kpipe_crc32c_portable(7, part.baseAddress, length))
                    #expect(
                        kpipe_crc64nvme(7, part.baseAddress, length)
                            == kpipe_crc64nvme_portable(7, part.baseAddress, length))
                }
            }
        }
    }

    @Test(arguments: ChecksumAlgorithm.allCases, [1, 7, 4096, 65_537])
    func `pieces give what the whole gives`(algorithm: ChecksumAlgorithm, piece: Int) {
        let bytes = seededBytes(70_000)
        var accumulator = ChecksumAccumulator(algorithm)
        for start in stride(from: 0, to: bytes.count, by: piece) {
            bytes[start..<min(start + piece, bytes.count)].withUnsafeBytes { accumulator.update($0) }
        }
        #expect(accumulator.checksum == sum(algorithm, bytes))
    }

    @Test(arguments: [ChecksumAlgorithm.crc32c, .crc64nvme], [0, 1, 13, 5_000, 9_999, 10_000])
    func `ranges computed apart are joined`(algorithm: ChecksumAlgorithm, split: Int) {
        let bytes = seededBytes(10_000)
        var joined = CRC(algorithm)
        for part in [bytes[..<split], bytes[split...]] {
            #expect(joined?.append(sum(algorithm, Array(part)), length: UInt64(part.count)) == true)
        }
        #expect(joined?.checksum == sum(algorithm, bytes))

        #expect(joined?.length == 10_000)
        let parts = [bytes[..<split], bytes[split...]].map { (sum(algorithm, Array($0)), Int64($0.count)) }
        #expect(CRC.joining(parts, algorithm) == sum(algorithm, bytes))
        #expect(CRC.joining(parts + [(nil, 1)], algorithm) == nil)
    }

    @Test func `only CRCs can be joined, and only with their like`() {
        #expect(CRC(.sha256) == nil && CRC.joining([], .sha256) == nil)
        var joined = CRC(.crc32c)
        #expect(joined?.append(sum(.crc64nvme, [1]), length: 1) == false)
        #expect(joined?.checksum == Checksum(.crc32c, [0, 0, 0, 0]))
    }

    @Test func `a copied digest goes its own way`() {
        var first = MessageDigest(.sha256)
        Array("a".utf8).withUnsafeBytes { first.update($0) }
        var second = first
        Array("bc".utf8).withUnsafeBytes { second.update($0) }
        #expect(Hex.encode(second.bytes) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(first.bytes == MessageDigest.sha256("a".utf8))
    }

    /// RFC 4231 §4.3.
    @Test func `HMAC as published`() {
        let mac = HMAC.sha256(key: Array("Jefe".utf8), "what do ya want for nothing?".utf8)
        #expect(Hex.encode(mac) == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
    }

    /// RFC 4648 §10.
    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ])
    func `base 64`(text: String, encoded: String) {
        #expect(Base64.encode(Array(text.utf8)) == encoded)
        #expect(Base64.decode(encoded) == Array(text.utf8))
    }

    @Test(arguments: ["Zg=", "Zg", "Z===", "Zm9v!===", "AAAAAQ==-3"])
    func `what is no base 64`(text: String) { #expect(Base64.decode(text) == nil) }

    @Test func `checksums are read at their exact length alone`() {
        #expect(Checksum(.crc32c, hex: "E3069283")?.base64 == "4waSgw==")
        #expect(Checksum(.crc32c, hex: "e30692") == nil)
        #expect(Checksum(.sha256, hex: "zz") == nil)
        #expect(Checksum(.crc32c, base64: "4waSgw==")?.hex == "e3069283")
        #expect(Checksum(.crc64nvme, base64: "4waSgw==") == nil)
    }
}
