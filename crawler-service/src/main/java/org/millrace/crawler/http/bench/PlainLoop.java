package org.millrace.crawler.http.bench;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.atomic.LongAdder;
import org.jsoup.Jsoup;
import org.jsoup.nodes.Element;

/// The baseline: what one writes in an afternoon. For each host a thread that fetches with the JDK's
/// client, parses with jsoup, and keeps what it has seen in memory. No robots.txt, no delays, no limits,
/// nothing that survives.
final class PlainLoop implements Runnable {

    private final HttpClient client;
    private final String host;
    private final LongAdder pages;
    private final LongAdder errors;
    private volatile boolean stopped;

    PlainLoop(HttpClient client, String host, LongAdder pages, LongAdder errors) {
        this.client = client;
        this.host = host;
        this.pages = pages;
        this.errors = errors;
    }

    @Override
    public void run() {
        Deque<String> queue = new ArrayDeque<>();
        Set<String> seen = new HashSet<>();
        queue.add("http://" + host + "/page/0");
        while (!stopped && !queue.isEmpty()) {
            String url = queue.removeFirst();
            try {
                HttpResponse<String> answer = client.send(
                        HttpRequest.newBuilder(URI.create(url)).build(), HttpResponse.BodyHandlers.ofString());
                for (Element link : Jsoup.parse(answer.body(), url).select("a[href]")) {
                    String target = link.absUrl("href");
                    if (seen.add(target)) {
                        queue.addLast(target);
                    }
                }
                pages.increment();
            } catch (IOException e) {
                errors.increment();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }

    void stop() {
        stopped = true;
    }
}
