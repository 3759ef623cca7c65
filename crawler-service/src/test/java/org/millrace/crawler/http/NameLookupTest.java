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
import java.util.concurrent.FutureTask;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.millrace.crawler.web.Fetch;
import org.millrace.crawler.web.Fetcher;
import org.millrace.crawler.web.NormalUrl;
import org.millrace.testkit.FixtureSite;

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
        List<FutureTask<List<InetAddress>>> waiting = new ArrayList<>();
        List<Thread> callers = new ArrayList<>();
        for (int i = 0; i < 2 * SILENT; i++) {
            String host = "silent%d.example".formatted(i % SILENT);
            FutureTask<List<InetAddress>> one = new FutureTask<>(() -> names.lookup(host));
            waiting.add(one);
            callers.add(Thread.ofVirtual().start(one));
        }
        await().atMost(Duration.ofSeconds(20)).until(() -> callers.stream().allMatch(NameLookupTest::waits));
        await().atMost(Duration.ofSeconds(20)).until(() -> asked.size() == SILENT); // by threads of their own

        assertThat(names.lookup("quick.example")).hasSize(1);

        answer.countDown();
        for (FutureTask<List<InetAddress>> one : waiting) {
            assertThat(one.get(20, TimeUnit.SECONDS)).hasSize(1);
        }
        assertThat(asked.values()).containsOnly(1);
        names.lookup("quick.example");
        assertThat(asked).as("an answer is not kept").containsEntry("quick.example", 2);
    }

    /// For an answer, with a deadline.
    private static boolean waits(Thread caller) {
        return caller.getState() == Thread.State.TIMED_WAITING;
    }

    @Test
    void noFreeThreadIsNoFaultOfTheHostThatWasAskedFor() throws Exception {
        try (FixtureSite site = FixtureSite.start()) {
            site.answer("/", FixtureSite.Response.html("hello"));
            NameLookup narrow = new NameLookup(
                    host -> host.equals("quick.example") ? List.of(InetAddress.getLoopbackAddress()) : system(host),
                    Duration.ofSeconds(20),
                    1,
                    Thread.ofPlatform().daemon().factory());
            Thread silent = Thread.ofVirtual().start(new FutureTask<>(() -> narrow.lookup("silent.example")));
            await().atMost(Duration.ofSeconds(20)).until(() -> waits(silent) && asked.size() == 1);
            assertThatThrownBy(() -> narrow.lookup("quick.example"))
                    .isInstanceOf(NameLookup.Busy.class)
                    .hasMessage("quick.example: 1 other names are being looked up");
            FutureTask<Fetch> fetch = new FutureTask<>(() -> fetch(narrow, site.port()));
            Thread caller = Thread.ofPlatform().start(fetch);
            await().atMost(Duration.ofSeconds(20)).until(() -> waits(caller) || fetch.isDone());

            answer.countDown();

            assertThat(fetch.get(20, TimeUnit.SECONDS)).isInstanceOf(Fetch.Fetched.class);
        }
    }

    private static Fetch fetch(NameLookup names, int port) {
        Duration limit = Duration.ofSeconds(5);
        try (OkFetcher fetcher = new OkFetcher(
                "millrace/test",
                new Reach(true, Reach.WEB),
                new OkFetcher.TimeLimits(limit, limit, limit),
                _ -> {},
                names,
                _ -> false,
                client -> client)) {
            NormalUrl url =
                    NormalUrl.of("http://quick.example:%d/".formatted(port)).orElseThrow();
            return fetcher.fetch(url, new Fetcher.Wanted(10_000, false, true));
        }
    }

    @Test
    void aSystemWithoutThreadsIsNoReasonToEndTheProcess() throws Exception {
        AtomicInteger left = new AtomicInteger(1);
        ThreadFactory poor = Thread.ofPlatform().daemon().factory();
        NameLookup lookup = new NameLookup(this::system, Duration.ofSeconds(20), 9, task -> {
            if (left.getAndDecrement() == 1) {
                throw new OutOfMemoryError("unable to create native thread");
            }
            return poor.newThread(task);
        });

        assertThatThrownBy(() -> lookup.lookup("quick.example"))
                .isInstanceOf(NameLookup.Busy.class)
                .hasMessage("quick.example: no thread can be started to look it up");
        assertThat(lookup.lookup("quick.example")).hasSize(1);
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
