package org.millrace.cleaner.url;

import java.io.IOException;
import java.util.Collection;
import java.util.HashSet;
import java.util.Locale;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.ahocorasick.trie.Emit;
import org.ahocorasick.trie.Trie;
import org.jspecify.annotations.Nullable;
import org.millrace.cleaner.CleanerConfig;
import org.millrace.cleaner.WordList;
import org.millrace.cleaner.rule.Breach;

/// FineWeb's filter of addresses: by host, by how they start, by the words in them, by letters that
/// may stand nowhere in them, and by whole addresses. Looks at the text of the address alone and resolves nothing.
///
/// Thread-safe.
public final class UrlFilter {

    private final Set<String> blocked;
    private final Set<String> allowed;
    private final Set<String> domains;
    private final NavigableSet<String> prefixes;
    private final Set<String> banned;
    private final Set<String> soft;
    private final int softLimit;
    private final Trie parts;

    /// @param blocked whole addresses
    /// @param allowed whole addresses that nothing but `blocked` holds back
    /// @param domains hosts, each with all below it
    /// @param prefixes starts of addresses without their scheme
    /// @param banned words of which one is enough
    /// @param soft words of which `softLimit` different ones are needed
    /// @param parts letters and digits that may stand nowhere
    UrlFilter(
            Collection<String> blocked,
            Collection<String> allowed,
            Collection<String> domains,
            Collection<String> prefixes,
            Collection<String> banned,
            Collection<String> soft,
            int softLimit,
            Collection<String> parts) {
        this.blocked = blocked.stream().map(UrlFilter::whole).collect(Collectors.toSet());
        this.allowed = allowed.stream().map(UrlFilter::whole).collect(Collectors.toSet());
        this.domains = lower(domains);
        this.prefixes = withoutCovered(lower(prefixes));
        this.banned = lower(banned);
        this.soft = lower(soft);
        this.softLimit = softLimit;
        this.parts = Trie.builder().addKeywords(lower(parts)).build();
    }

    /// @throws IOException if a file that the settings name cannot be read
    public static UrlFilter of(CleanerConfig.Urls config) throws IOException {
        boolean own = config.ownLists();
        return new UrlFilter(
                WordList.of("", config.blocked()),
                WordList.of("", config.allowed()),
                WordList.of("", config.domains()),
                WordList.of("", config.prefixes()),
                WordList.of(own ? "url-banned-words.txt" : "", config.bannedWords()),
                WordList.of(own ? "url-soft-words.txt" : "", config.softWords()),
                config.softWordLimit(),
                WordList.of(own ? "url-banned-parts.txt" : "", config.bannedParts()));
    }

    private static Set<String> lower(Collection<String> entries) {
        Set<String> lower = new HashSet<>();
        entries.forEach(entry -> lower.add(entry.toLowerCase(Locale.ROOT)));
        return lower;
    }

    /// What starts with a listed prefix needs no entry of its own; then the entry before an address in
    /// order is the only one that can be its prefix.
    private static NavigableSet<String> withoutCovered(Set<String> prefixes) {
        NavigableSet<String> kept = new TreeSet<>();
        for (String prefix : new TreeSet<>(prefixes)) {
            if (kept.isEmpty() || !prefix.startsWith(kept.last())) {
                kept.add(prefix);
            }
        }
        return kept;
    }

    public Optional<Breach> breach(String url) {
        if (!blocked.isEmpty() && blocked.contains(whole(url))) {
            return Optional.of(new Breach("url-blocked", url, "no listed address"));
        }
        return !allowed.isEmpty() && allowed.contains(whole(url)) ? Optional.empty() : listed(url);
    }

    /// Case counts in a path, and not in a host. One page has both schemes.
    private static String whole(String url) {
        String address = withoutScheme(url);
        int end = hostEnd(address);
        String host = address.substring(0, end).toLowerCase(Locale.ROOT);
        return end == address.length() ? host + "/" : host + address.substring(end);
    }

    private Optional<Breach> listed(String url) {
        String address = withoutScheme(url.toLowerCase(Locale.ROOT));
        String domain = listedDomain(host(address));
        if (domain != null) {
            return Optional.of(new Breach("url-domain", domain, "no listed domain"));
        }
        String prefix = prefixes.floor(address);
        if (prefix != null && address.startsWith(prefix)) {
            return Optional.of(new Breach("url-prefix", prefix, "no listed start of an address"));
        }
        return words(address).or(() -> parts(address));
    }

    private static String withoutScheme(String url) {
        int scheme = url.indexOf("://");
        return scheme < 0 ? url : url.substring(scheme + 3);
    }

    private static String host(String address) {
        int end = hostEnd(address);
        int start = address.lastIndexOf('@', end - 1) + 1;
        int port = address.indexOf(':', start);
        return address.substring(start, port >= 0 && port < end ? port : end);
    }

    private static int hostEnd(String address) {
        int end = 0;
        while (end < address.length() && "/?#".indexOf(address.charAt(end)) < 0) {
            end++;
        }
        return end;
    }

    /// The host itself or one that it lies below.
    private @Nullable String listedDomain(String host) {
        for (int from = 0; ; ) {
            String domain = host.substring(from);
            if (domains.contains(domain)) {
                return domain;
            }
            int dot = host.indexOf('.', from);
            if (dot < 0) {
                return null;
            }
            from = dot + 1;
        }
    }

    private Optional<Breach> words(String address) {
        Set<String> softWords = new TreeSet<>();
        for (int start = 0; start < address.length(); ) {
            int end = start;
            while (end < address.length() && isPlain(address.charAt(end))) {
                end++;
            }
            String word = address.substring(start, end);
            if (banned.contains(word)) {
                return Optional.of(new Breach("url-word", word, "no listed word"));
            }
            if (soft.contains(word)) {
                softWords.add(word);
            }
            start = end + 1;
        }
        return softWords.size() < softLimit
                ? Optional.empty()
                : Optional.of(new Breach(
                        "url-soft-words",
                        softWords.size() + " words (" + String.join(", ", softWords) + ")",
                        "at most " + (softLimit - 1) + " words"));
    }

    private Optional<Breach> parts(String address) {
        StringBuilder plain = new StringBuilder(address.length());
        for (int i = 0; i < address.length(); i++) {
            if (isPlain(address.charAt(i))) {
                plain.append(address.charAt(i));
            }
        }
        Emit emit = parts.firstMatch(plain);
        return emit == null
                ? Optional.empty()
                : Optional.of(new Breach("url-part", emit.getKeyword(), "no listed part of a word"));
    }

    private static boolean isPlain(char c) {
        return c >= 'a' && c <= 'z' || c >= '0' && c <= '9';
    }
}
