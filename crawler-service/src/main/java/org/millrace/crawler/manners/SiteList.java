package org.millrace.crawler.manners;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.millrace.crawler.web.NormalUrl;

/// Domains, each with all below it (`example.org` is `www.example.org` too), and URL prefixes
/// (`https://example.org/private/`). One look-up, however long the list is.
public final class SiteList {

    public static final SiteList EMPTY = new SiteList(Set.of(), Set.of());

    private final Set<String> domains;
    private final Map<String, List<String>> prefixes = new HashMap<>();
    private final List<String> entries;

    private SiteList(Set<String> domains, Set<NormalUrl> urls) {
        this.domains = Set.copyOf(domains);
        Set<String> all = new TreeSet<>(domains);
        for (NormalUrl url : urls) {
            prefixes.computeIfAbsent(url.origin(), _ -> new ArrayList<>()).add(url.path());
            all.add(url.toString());
        }
        entries = List.copyOf(all);
    }

    /// @param name of the list, for the message
    /// @throws IllegalArgumentException if an entry is neither a domain nor a URL prefix
    public static SiteList of(String name, List<String> entries) {
        Reader reader = new Reader();
        for (int i = 0; i < entries.size(); i++) {
            reader.add("%s[%d]".formatted(name, i), entries.get(i));
        }
        return reader.list();
    }

    /// Reads a file with an entry a line; empty lines and what follows a `#` count for nothing.
    ///
    /// @throws IllegalArgumentException if an entry is neither a domain nor a URL prefix
    /// @throws IOException if the file cannot be read
    public static SiteList read(Path file) throws IOException {
        Reader reader = new Reader();
        int number = 0;
        for (String line : Files.readAllLines(file)) {
            number++;
            int comment = line.indexOf('#');
            String entry = comment < 0 ? line : line.substring(0, comment);
            if (!entry.isBlank()) {
                reader.add("%s line %d".formatted(file, number), entry);
            }
        }
        return reader.list();
    }

    boolean isEmpty() {
        return entries.isEmpty();
    }

    boolean contains(NormalUrl url) {
        return !entries.isEmpty() && (containsDomain(url.host()) || containsPrefix(url));
    }

    /// In one spelling, sorted.
    public List<String> entries() {
        return entries;
    }

    private boolean containsDomain(String host) {
        if (domains.isEmpty()) {
            return false;
        }
        String domain = host;
        for (int dot = host.indexOf('.'); !domains.contains(domain); dot = domain.indexOf('.')) {
            if (dot < 0) {
                return false;
            }
            domain = domain.substring(dot + 1);
        }
        return true;
    }

    private boolean containsPrefix(NormalUrl url) {
        for (String prefix : prefixes.getOrDefault(url.origin(), List.of())) {
            if (url.path().startsWith(prefix)) {
                return true;
            }
        }
        return false;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof SiteList list && entries.equals(list.entries);
    }

    @Override
    public int hashCode() {
        return entries.hashCode();
    }

    @Override
    public String toString() {
        return entries.toString();
    }

    private static final class Reader {

        private static final int MAX_QUOTED = 200;

        private final Set<String> domains = new HashSet<>();
        private final Set<NormalUrl> urls = new HashSet<>();

        void add(String where, String written) {
            String entry = written.strip();
            boolean isUrl = entry.contains("://");
            Optional<NormalUrl> url = NormalUrl.of(isUrl ? entry : "http://" + entry);
            if (url.isEmpty() || !isUrl && entry.matches(".*[/?:\\s].*")) {
                throw new IllegalArgumentException(
                        "%s: expected a domain (example.org) or a URL prefix (https://example.org/a/), got '%s'"
                                .formatted(where, entry.substring(0, Math.min(entry.length(), MAX_QUOTED))));
            }
            if (isUrl) {
                urls.add(url.get());
            } else {
                domains.add(url.get().host());
            }
        }

        SiteList list() {
            return domains.isEmpty() && urls.isEmpty() ? EMPTY : new SiteList(domains, urls);
        }
    }
}
