package org.millrace.crawler;

/// Where crawlers tell what they learned. May block while it cannot keep up.
@FunctionalInterface
public interface Publisher {

    void publish(Crawler origin, News news) throws InterruptedException;
}
