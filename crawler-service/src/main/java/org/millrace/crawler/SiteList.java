package org.millrace.crawler;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

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
        Set<String> domains = new HashSet<>();
        Set<NormalUrl> urls = new HashSet<>();
        for (int i = 0; i < entries.size(); i++) {
            String entry = entries.get(i).strip();
            Optional<NormalUrl> url = NormalUrl.of(entry.contains("://") ? entry : "http://" + entry);
            boolean isDomain = !entry.contains("://");
            if (url.isEmpty() || isDomain && (!url.get().path().equals("/") || entry.matches(".*[/?#:\\s].*"))) {
                throw new IllegalArgumentException(
                        "%s[%d]: expected a domain (example.org) or a URL prefix (https://example.org/a/), got '%s'"
                                .formatted(name, i, shortened(entry)));
            }
            if (isDomain) {
                domains.add(url.get().host());
            } else {
                urls.add(url.get());
            }
        }
        return entries.isEmpty() ? EMPTY : new SiteList(domains, urls);
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

    private static String shortened(String entry) {
        return entry.length() <= 200 ? entry : entry.substring(0, 200) + "…";
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
}
