package org.millrace.crawler.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AddressGuardTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0.0.0.0",
                "10.1.2.3",
                "100.64.0.1",
                "100.127.255.255",
                "127.0.0.1",
                "127.9.9.9",
                "169.254.169.254",
                "172.16.0.1",
                "172.31.255.255",
                "192.0.0.1",
                "192.0.2.1",
                "192.88.99.1",
                "192.168.1.1",
                "198.18.0.1",
                "198.19.255.255",
                "198.51.100.7",
                "203.0.113.9",
                "224.0.0.1",
                "240.0.0.1",
                "255.255.255.255",
                "::",
                "::1",
                "::ffff:127.0.0.1",
                "::ffff:10.0.0.1",
                "::127.0.0.1",
                "fe80::1",
                "fc00::1",
                "fd12::1",
                "ff02::1",
                "64:ff9b::7f00:1",
                "64:ff9b::a9fe:a9fe",
                "64:ff9b:1::1",
                "2002:7f00:1::",
                "2002:a00:1::",
                "2001::1",
                "2001:db8::1",
                "3fff::1",
                "100::1",
                "fec0::1",
                "168.63.129.16",
                "::ffff:0:127.0.0.1",
                "2001:0:4136:e378:8000:63bf:80ff:fffe",
                "2001:4860::5efe:10.0.0.1"
            })
    void addressesAroundUsAreNotPublic(String address) throws UnknownHostException {
        assertThat(AddressGuard.isPublic(InetAddress.getByName(address))).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "1.1.1.1",
                "9.255.255.255",
                "100.63.0.1",
                "100.128.0.1",
                "172.15.0.1",
                "172.32.0.1",
                "192.0.1.1",
                "192.167.0.1",
                "198.17.0.1",
                "223.255.255.255",
                "::ffff:8.8.8.8",
                "2001:4860:4860::8888",
                "2606:4700::1111",
                "64:ff9b::808:808",
                "2002:808:808::",
                "2001:4860::5efe:8.8.8.8"
            })
    void theInternetIsPublic(String address) throws UnknownHostException {
        assertThat(AddressGuard.isPublic(InetAddress.getByName(address))).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "localhost",
                "redis",
                "db.local",
                "x.localhost",
                "metadata.google.internal",
                "kubernetes.default.svc.cluster.local",
                "kubernetes.default.svc.cluster.local.",
                "router.lan",
                "nas.home.arpa",
                "wiki.corp",
                "host.docker.internal",
                "abc.onion"
            })
    void namesOfOnesOwnNetworkAreRefusedUnasked(String name) {
        AtomicInteger asked = new AtomicInteger();
        AddressGuard guard = new AddressGuard(_ -> {
            asked.incrementAndGet();
            return List.of(InetAddress.ofLiteral("8.8.8.8"));
        });

        assertThatThrownBy(() -> guard.lookup(name)).isInstanceOf(AddressGuard.RefusedAddress.class);
        assertThat(asked).hasValue(0);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"8.8.8.8,127.0.0.1", "127.0.0.1,8.8.8.8", "::1", "fd00::1", "2001:4860:4860::8888,10.0.0.1"})
    void everyAddressOfAnAnswerMustBePublic(String answer) {
        AddressGuard guard = new AddressGuard(_ ->
                Arrays.stream(answer.split(",")).map(InetAddress::ofLiteral).toList());

        assertThatThrownBy(() -> guard.lookup("www.example.org"))
                .isInstanceOf(AddressGuard.RefusedAddress.class)
                .hasMessageContaining("not a public address");
    }

    /// The first answer is what the connection goes to. A second one is checked like the first.
    @Test
    void aNameThatTurnsPrivateIsRefused() throws Exception {
        Iterator<String> answers = List.of("8.8.8.8", "127.0.0.1").iterator();
        AddressGuard guard = new AddressGuard(_ -> List.of(InetAddress.ofLiteral(answers.next())));

        assertThat(guard.lookup("rebind.example.org")).containsExactly(InetAddress.ofLiteral("8.8.8.8"));
        assertThatThrownBy(() -> guard.lookup("rebind.example.org")).isInstanceOf(AddressGuard.RefusedAddress.class);
    }
}
