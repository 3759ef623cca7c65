package org.millrace.crawler.http;

import java.util.Set;

/// What may be connected to.
///
/// @param privateToo private addresses and any port may be: for sites on one's own machine
/// @param ports on public addresses
public record Reach(boolean privateToo, Set<Integer> ports) {

    /// The ports of HTTP and HTTPS.
    public static final Set<Integer> WEB = Set.of(80, 443);

    public Reach {
        ports = Set.copyOf(ports);
    }

    boolean allowsPort(int port) {
        return privateToo || ports.contains(port);
    }
}
