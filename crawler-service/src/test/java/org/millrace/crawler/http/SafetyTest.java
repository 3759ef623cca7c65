package org.millrace.crawler.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import okhttp3.Dns;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.millrace.crawler.web.Fetch;
import org.millrace.crawler.web.Fetcher.Wanted;
import org.millrace.crawler.web.NormalUrl;
import org.millrace.testkit.FixtureSite;
import org.millrace.testkit.FixtureSite.Response;

/// No URL makes the crawler send a packet to a machine around it. The server here listens on every
/// address of this machine, so whatever a form is taken for, a connection would be counted.
class SafetyTest {

    private static final Wanted PAGE = new Wanted(10_000, false, true);
    private static final OkFetcher.TimeLimits LIMITS =
            new OkFetcher.TimeLimits(Duration.ofSeconds(1), Duration.ofSeconds(1), Duration.ofSeconds(2));

    private final TcpServer target;
    private final Map<String, AtomicInteger> asked = new ConcurrentHashMap<>();

    SafetyTest() throws IOException {
        target = TcpServer.everywhere();
    }

    @AfterEach
    void close() throws IOException {
        target.close();
    }

    /// `#` stands for the port that listens, and is allowed.
    @ParameterizedTest
    @ValueSource(
            strings = {
                // loopback and any, every way to write it
                "http://127.0.0.1:#/",
                "http://127.0.0.1.:#/",
                "http://127.1:#/",
                "http://127.0.1:#/",
                "http://127.255.255.254:#/",
                "http://2130706433:#/",
                "http://0x7f000001:#/",
                "http://0x7f.0.0.1:#/",
                "http://0x7F.1:#/",
                "http://0X7f.0x0.0x0.0x1:#/",
                "http://017700000001:#/",
                "http://0177.0.0.1:#/",
                "http://0177.0.0.01:#/",
                "http://127.0.0.0x1:#/",
                "http://127.0x0.000.01:#/",
                "http://0:#/",
                "http://0.0.0.0:#/",
                "http://0x0:#/",
                "http://0000:#/",
                "http://①②⑦.⓪.⓪.①:#/",
                "http://１２７．０．０．１:#/",
                "http://127。0。0。1:#/",
                "http://%31%32%37.0.0.1:#/",
                "http://127%2e0%2e0%2e1:#/",
                "http://127.0.0.1%00.example.org:#/",
                "http://%6c%6f%63alhost:#/",
                "http:\\\\127.0.0.1:#\\",
                "http:/\\127.0.0.1:#/",
                "\thttp://127.0.0\n.1:#/ ",
                "HTTP://127.0.0.1:#/",
                // IPv6, also with IPv4 inside
                "http://[::1]:#/",
                "http://[0:0:0:0:0:0:0:1]:#/",
                "http://[0000::0001]:#/",
                "http://[::]:#/",
                "http://[::ffff:127.0.0.1]:#/",
                "http://[::ffff:7f00:1]:#/",
                "http://[0:0:0:0:0:ffff:127.0.0.1]:#/",
                "http://[::127.0.0.1]:#/",
                "http://[::ffff:0:127.0.0.1]:#/",
                "http://[64:ff9b::127.0.0.1]:#/",
                "http://[64:ff9b::7f00:1]:#/",
                "http://[64:ff9b:1::7f00:1]:#/",
                "http://[2002:7f00:1::]:#/",
                "http://[2001:0:7f00:1::1]:#/",
                "http://[2001::1]:#/",
                "http://[fe80::1]:#/",
                "http://[fe80::1%25lo]:#/",
                "http://[::1%25lo]:#/",
                "http://[fc00::1]:#/",
                "http://[fd00:ec2::254]:#/",
                "http://[fec0::1]:#/",
                "http://[ff02::1]:#/",
                "http://[2001:db8::1]:#/",
                "http://[3fff::1]:#/",
                "http://[100::1]:#/",
                // the other private nets
                "http://10.0.0.1:#/",
                "http://100.64.0.1:#/",
                "http://100.100.100.200:#/",
                "http://169.254.169.254:#/latest/meta-data/",
                "http://169.254.43518:#/",
                "http://0xA9FEA9FE:#/",
                "http://2852039166:#/",
                "http://0251.0376.0251.0376:#/",
                "http://172.16.0.1:#/",
                "http://192.168.0.1:#/",
                "http://192.0.0.192:#/",
                "http://192.0.2.1:#/",
                "http://198.18.0.1:#/",
                "http://198.51.100.1:#/",
                "http://203.0.113.1:#/",
                "http://224.0.0.1:#/",
                "http://240.0.0.1:#/",
                "http://255.255.255.255:#/",
                "http://168.63.129.16:#/",
                // names
                "http://localhost:#/",
                "http://LOCALHOST:#/",
                "http://localhost.:#/",
                "http://ｌｏｃａｌｈｏｓｔ:#/",
                "http://ⓛocalhost:#/",
                "http://localhost.localdomain:#/",
                "http://ip6-localhost:#/",
                "http://sub.localhost:#/",
                "http://redis:#/",
                "http://printer.local:#/",
                "http://metadata.google.internal:#/",
                "http://kubernetes.default.svc:#/",
                "http://kubernetes.default.svc.cluster.local:#/",
                "http://kubernetes.default.svc.cluster.local.:#/",
                "http://loopback.example.org:#/",
                "http://mixed.example.org:#/",
                "http://v6only.example.org:#/",
                "http://mapped.example.org:#/",
                "http://xn--bcher-kva.example.org:#/",
                "https://127.0.0.1:#/",
                // what is said before the host, and after it
                "http://example.org@127.0.0.1:#/",
                "http://127.0.0.1:#@example.org/",
                "http://user:secret@127.0.0.1:#/",
                "http://127.0.0.1:#:80/",
                "http://127.0.0.1 :#/",
                "http://127.0.0.1:+#/",
                // no HTTP
                "ftp://127.0.0.1:#/",
                "gopher://127.0.0.1:#/_x",
                "file://127.0.0.1:#/etc/passwd",
                "dict://127.0.0.1:#/d",
                "jar:http://127.0.0.1:#/!/",
                "ws://127.0.0.1:#/",
                "//127.0.0.1:#/"
            })
    void nothingLeadsInside(String form) {
        String text = form.replace("#", String.valueOf(target.port()));

        Optional<NormalUrl> url = NormalUrl.of(text);
        url.ifPresent(parsed -> assertThat(guarded(target.port()).fetch(parsed, PAGE))
                .isInstanceOfSatisfying(Fetch.Failed.class, failed -> assertThat(failed.why())
                        .containsAnyOf("refused", "no address is known", "does not take")));

        assertThat(target.accepted()).isZero();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"http://www.example.org:22/", "http://www.example.org:6379/", "https://www.example.org:8443/"})
    void otherPortsAreRefusedBeforeANameIsLookedUp(String url) {
        assertThat(guarded(443).fetch(NormalUrl.of(url).orElseThrow(), PAGE))
                .isInstanceOfSatisfying(Fetch.Failed.class, failed -> assertThat(failed.why())
                        .contains("refused, expected one of [443]"));
        assertThat(asked).isEmpty();
    }

    /// One look-up for one connection: between a check and a second look-up a name may change.
    @Test
    void aNameIsLookedUpOnce() {
        guarded(target.port()).fetch(url("http://turning.example.org:%d/"), PAGE);

        assertThat(asked.get("turning.example.org")).hasValue(1);
        assertThat(target.accepted()).isZero();
    }

    @Test
    void redirectsAreFactsAndTheirTargetsAreCheckedLikeAnyOther() throws IOException {
        try (FixtureSite outside = FixtureSite.start()) {
            outside.answer("/", Response.redirect("http://127.0.0.1:%d/".formatted(target.port())));
            OkFetcher fetcher = new OkFetcher(
                    "millrace/test",
                    new Reach(false, Set.of(outside.port(), target.port())),
                    LIMITS,
                    _ -> {},
                    this::lookup,
                    address -> address.getPort() == outside.port(),
                    client -> client);

            Fetch first = fetcher.fetch(NormalUrl.of(outside.url("/")).orElseThrow(), PAGE);

            assertThat(first).isInstanceOfSatisfying(Fetch.Redirected.class, redirect -> assertThat(
                            fetcher.fetch(redirect.to(), PAGE))
                    .isInstanceOf(Fetch.Failed.class));
            assertThat(outside.requests()).hasSize(1);
            assertThat(target.accepted()).isZero();
        }
    }

    @Test
    void theProxiesOfTheJvmAreNotUsed() throws IOException {
        List<String> names = List.of("http.proxyHost", "https.proxyHost", "socksProxyHost");
        try (FixtureSite site = FixtureSite.start()) {
            site.answer("/", Response.html("hello"));
            for (String name : names) {
                System.setProperty(name, "127.0.0.1");
                System.setProperty(name.replace("Host", "Port"), String.valueOf(target.port()));
            }
            System.setProperty("http.nonProxyHosts", "");
            try (OkFetcher fetcher = new OkFetcher("millrace/test", true, LIMITS, _ -> {})) {
                assertThat(fetcher.fetch(NormalUrl.of(site.url("/")).orElseThrow(), PAGE))
                        .isInstanceOf(Fetch.Fetched.class);
            }
            assertThat(target.accepted()).isZero();
        } finally {
            for (String name : names) {
                System.clearProperty(name);
                System.clearProperty(name.replace("Host", "Port"));
            }
            System.clearProperty("http.nonProxyHosts");
        }
    }

    private OkFetcher guarded(int port) {
        return new OkFetcher(
                "millrace/test",
                new Reach(false, Set.of(port)),
                LIMITS,
                _ -> {},
                this::lookup,
                _ -> false,
                client -> client);
    }

    private NormalUrl url(String pattern) {
        return NormalUrl.of(pattern.formatted(target.port())).orElseThrow();
    }

    /// Names as an attacker would have them. No name is looked up on the network.
    private List<InetAddress> lookup(String host) throws UnknownHostException {
        asked.computeIfAbsent(host, _ -> new AtomicInteger()).incrementAndGet();
        return switch (host) {
            case "loopback.example.org", "turning.example.org" -> addresses("127.0.0.1");
            case "mixed.example.org" -> addresses("8.8.8.8", "127.0.0.1");
            case "v6only.example.org" -> addresses("::1");
            case "mapped.example.org" -> addresses("::ffff:127.0.0.1");
            case "xn--bcher-kva.example.org" -> addresses("10.0.0.1");
            case "localhost", "localhost.localdomain", "ip6-localhost" -> Dns.SYSTEM.lookup("localhost");
            default -> throw new UnknownHostException(host);
        };
    }

    private static List<InetAddress> addresses(String... literals) {
        return java.util.Arrays.stream(literals).map(InetAddress::ofLiteral).toList();
    }
}
