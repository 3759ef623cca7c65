package org.millrace.crawler.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class NameLookupTest {

    private static final int SILENT = 400;

    private final Map<String, Integer> asked = new ConcurrentHashMap<>();
    private final CountDownLatch answer = new CountDownLatch(1);
    private final NameLookup names = new NameLookup(this::system, Duration.ofSeconds(20));

    /// Waits for ever over names that begin with silent.
    private List<InetAddress> system(String host) throws UnknownHostException {
        asked.merge(host, 1, Integer::sum);
        try {
            if (host.startsWith("silent") && !answer.await(60, TimeUnit.SECONDS)) {
                throw new IllegalStateException("nobody answered");
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException("the system is not interrupted", e);
        }
        if (host.startsWith("unknown")) {
            throw new UnknownHostException(host);
        }
        return List.of(InetAddress.ofLiteral("192.0.2.1"));
    }

    @Test
    void namesWhoseServersAreSilentHoldNoOtherAndAreAskedForOnce() throws Exception {
        try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<List<InetAddress>>> waiting = new ArrayList<>();
            for (int i = 0; i < 2 * SILENT; i++) {
                String host = "silent%d.example".formatted(i % SILENT);
                waiting.add(callers.submit(() -> names.lookup(host)));
            }
            await().atMost(Duration.ofSeconds(20)).until(() -> asked.size() == SILENT);

            assertThat(names.lookup("quick.example")).hasSize(1);

            answer.countDown();
            for (Future<List<InetAddress>> one : waiting) {
                assertThat(one.get(20, TimeUnit.SECONDS)).hasSize(1);
            }
        }
        assertThat(asked.values()).containsOnly(1);
        names.lookup("quick.example");
        assertThat(asked).as("an answer is not kept").containsEntry("quick.example", 2);
    }

    @Test
    void aLookUpEndsAtItsDeadline() {
        NameLookup hasty = new NameLookup(this::system, Duration.ofMillis(1));

        assertThatThrownBy(() -> hasty.lookup("silent.example"))
                .isInstanceOf(UnknownHostException.class)
                .hasMessage("silent.example: no address within PT0.001S");
        answer.countDown();
        assertThatThrownBy(() -> names.lookup("unknown.example"))
                .isInstanceOf(UnknownHostException.class)
                .hasMessage("unknown.example");
    }
}
