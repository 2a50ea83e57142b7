import Basics
import HTTPTransport
import Testing
import WorkdirProtocol

@testable import Transfer

struct LocationTests {
    @Test(arguments: [
        ("s3://bucket/a/b", "s3://bucket/", "a/b"), ("s3://bucket", "s3://bucket/", ""),
        ("s3://bucket/", "s3://bucket/", ""), ("S3://my.bucket/a%20b+c?d#e", "s3://my.bucket/", "a%20b+c?d#e"),
        ("s3://bucket//a", "s3://bucket/", "/a"), ("gs://bucket/a?b#c", "gs://bucket/", "a?b#c"),
        ("az://acc1/my-box/a?b#c/d", "az://acc1/my-box/", "a?b#c/d"), ("az://acc1/$web", "az://acc1/$web/", ""),
        ("s3://bucket/p/*.csv", "s3://bucket/", "p/*.csv"),
        ("https://Host.example/a b/ü", "https://host.example", "/a%20b/%C3%BC"),
        ("http://h:80/x", "http://h", "/x"), ("http://h:8080", "http://h:8080", "/"),
        ("https://h:443/a?b=c%20d#part", "https://h", "/a?b=c%20d"), ("http://[::1]:9/x", "http://[::1]:9", "/x"),
        ("file:///tmp/a%20b", "", "/tmp/a b"), ("file://localhost/tmp/x", "", "/tmp/x"),
        ("/tmp/a%20b", "", "/tmp/a%20b"), ("relative/x", "", "relative/x"), ("a:b", "", "a:b"),
        ("dir/with://inside", "", "dir/with://inside"), ("-", "", "-"),
    ])
    func `is taken apart`(text: String, base: String, key: String) throws {
        let location = try Location(text)
        #expect(location.base == base)
        #expect(location.key == key)
    }

    @Test(
        "what a log shows of a URL",
        arguments: [
            ("https://u:secret@h/out/x?sig=secret", "https://h/out/x?…"), ("s3://b/x", "s3://b/x"),
            ("file:///mnt/a%20b/x", "file:///mnt/a%20b/x"), ("mem://u:secret@b/x?secret", "mem://b/x"),
        ])
    func shown(url: String, text: String) { #expect(Location.shown(url) == text) }

    @Test(arguments: [
        "", "s3://", "s3:///key", "s3://buc ket/x", "s3://../x", "s3://arn:aws:s3:::x/y", "s3://abc.mrap/y", "gs://",
        "gs://b!/x", "az://",
        "az://account", "az://Account/c/x", "az://account//x", "az://account/c_/x",
        "ftp://h/x", "http://", "http://h:0/x", "http://h:99999/", "http://h:x/", "http://hö/", "file://host/x",
        "file://relative", "file:///a%zz", "file:///a%00", "s3://b/\0",
        "s3://bucket/" + String(repeating: "k", count: 1025),
    ])
    func `is refused with a reason`(text: String) {
        let error = #expect(throws: TransferError.self) { try Location(text) }
        #expect(error?.reason == .configuration)
        #expect(error?.message.isEmpty == false)
    }

    @Test func `a scheme that is not known is refused by name, with those that are`() {
        let error = #expect(throws: TransferError.self) { try Location("ftp://host/x") }
        #expect(error?.message == "ftp:// is not supported")
        for kind in StoreRegistry.kinds { #expect(error?.hint?.contains("\(kind.schemes[0])://") == true) }
    }

    @Test(arguments: [
        "https://user:secret@host/path?X-Amz-Signature=secret", "https://secret@host/p", "ftp://u:secret@host/x?secret",
        "http://u:secret@host:bad/x?y=secret",
    ])
    func `secrets show nowhere`(text: String) {
        do throws(TransferError) {
            #expect(try !"\(Location(text))".contains("secret"))
        } catch {
            #expect(!error.description.contains("secret"))
        }
    }

    @Test func `user name and password are decoded and kept apart`() throws {
        let location = try Location("https://us%40er:p%3Aw@host/x")
        #expect(location.user == "us@er")
        #expect(location.password == "p:w")
        #expect(location.key == "/x")
    }

    @Test(arguments: [
        ("https://h/a/b?q", "https://other/x", "https://other/x"), ("https://h/a/b?q", "/x y", "https://h/x%20y"),
        ("https://h/a/b?q", "c", "https://h/a/c"), ("https://h/a/b?q", "?z", "https://h/a/b?z"),
        ("https://h/a/b?q", "//o:8/x", "https://o:8/x"), ("http://h/a/", "../c", "http://h/c"),
        ("http://h/a/b/c", "./../../x?../y", "http://h/x?../y"), ("http://h/a/b", "..", "http://h/"),
        ("http://h/a/b", ".", "http://h/a/"), ("http://h/a", "/b//./c/..", "http://h/b//"),
        ("https://h/a", "/p?next=https://x/", "https://h/p?next=https://x/"),
    ])
    func `references resolve`(base: String, reference: String, expected: String) throws {
        #expect(try #require(WebURL(base)).resolving(reference)?.text == expected)
    }

    @Test(arguments: [
        ("bytes 0-9/100", 0, 10, 100), ("bytes 5-5/6", 5, 6, 6), ("bytes 0-0/*", 0, 1, nil),
    ])
    func `a content range is read`(text: String, first: Int64, end: Int64, total: Int64?) {
        #expect(ContentRange(text)?.range == first..<end)
        #expect(ContentRange(text)?.total == total)
    }

    @Test(arguments: [
        "", "bytes", "bytes 0-9", "bytes 9-0/100", "bytes 0-100/100", "bytes -5/10", "bytes 0-/10", "lines 0-1/2",
        "bytes 0-1/-2", "bytes 0-9223372036854775807/*",
    ])
    func `what is no content range`(text: String) { #expect(ContentRange(text) == nil) }

    @Test(arguments: [
        ("1994-11-06T08:49:37Z", 784_111_777), ("1994-11-06T09:49:37.250+01:00", 784_111_777),
        ("1970-01-01T00:00:00Z", 0), ("2024-02-29T23:59:59Z", 1_709_251_199), ("1969-12-31T23:59:59Z", -1),
    ])
    func `times are read and written`(text: String, epoch: Int64) throws {
        let time = try #require(CivilTime(internet: text))
        #expect(time.secondsSince1970 == epoch)
        #expect(CivilTime(secondsSince1970: epoch).secondsSince1970 == epoch)
        #expect(CivilTime(http: "Sun, 06 Nov 1994 08:49:37 GMT")?.secondsSince1970 == 784_111_777)
        #expect(CivilTime(secondsSince1970: 784_111_777).basic == "19941106T084937Z")
    }

    @Test(arguments: ["", "now", "1994-11-06", "1994-13-06T08:49:37Z", "1994-11-06T08:49:37", "1994-11-06T08:49:37+1"])
    func `what is no time`(text: String) { #expect(CivilTime(internet: text) == nil) }

    @Test func `a wait that a server asks for is bounded`() {
        #expect(RetryAfter.parse("7", now: 0) == .seconds(7))
        #expect(RetryAfter.parse("-7", now: 0) == .seconds(0))
        #expect(RetryAfter.parse("999999", now: 0) == .seconds(3600))
        #expect(RetryAfter.parse("Sun, 06 Nov 1994 08:49:37 GMT", now: 784_111_770) == .seconds(7))
        #expect(RetryAfter.parse("soon", now: 0) == nil)
        #expect(RetryAfter.parse(nil, now: 0) == nil)
    }
}
