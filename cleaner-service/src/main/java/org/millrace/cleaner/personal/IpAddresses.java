package org.millrace.cleaner.personal;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Public IP addresses, versions 4 and 6. Private, loopback, link-local, documentation and reserved ones
/// (IANA's special-purpose registries) reach nobody, and stay: texts about networks are full of them.
final class IpAddresses implements Finder {

    private static final Set<String> VERSION_WORDS =
            Set.of("version", "versions", "release", "v", "ver", "firmware", "section", "chapter", "rev");

    @Override
    public String placeholder() {
        return "[ip]";
    }

    @Override
    public List<Span> find(String text) {
        List<Span> spans = new ArrayList<>();
        int i = 0;
        while (i < text.length()) {
            if (!isAddress(text.charAt(i))) {
                i++;
                continue;
            }
            int start = i;
            int dots = 0;
            int colons = 0;
            while (i < text.length() && isAddress(text.charAt(i))) {
                dots += text.charAt(i) == '.' ? 1 : 0;
                colons += text.charAt(i) == ':' ? 1 : 0;
                i++;
            }
            if ((dots >= 3 || colons >= 2) && !Finder.isWordAt(text, start - 1) && !Finder.isWordAt(text, i)) {
                Span span = address(text, start, i, colons);
                if (span != null) {
                    spans.add(span);
                }
            }
        }
        return spans;
    }

    private static @Nullable Span address(String text, int start, int end, int colons) {
        int to = end;
        while (to > start && (text.charAt(to - 1) == '.' || text.charAt(to - 1) == ':' && !isDouble(text, to))) {
            to--; // a sentence's own
        }
        if (colons >= 2) {
            return isPublic6(text.substring(start, to)) ? new Span(start, to) : null;
        }
        int port = text.indexOf(':', start);
        int address = port >= 0 && port < to ? port : to;
        return isPublic4(text.substring(start, address)) && !isVersion(text, start) && !isHeading(text, start, to)
                ? new Span(start, address)
                : null;
    }

    private static boolean isDouble(String text, int to) {
        return to > 1 && text.charAt(to - 2) == ':';
    }

    private static boolean isAddress(char c) {
        return Finder.isDigit(c) || c == '.' || c == ':' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F';
    }

    /// Sections have numbers of four levels: `4.2.1.3 Test conditions`.
    private static boolean isHeading(String text, int start, int end) {
        int line = start;
        while (line > 0 && (text.charAt(line - 1) == '#' || text.charAt(line - 1) == ' ')) {
            line--;
        }
        return (line == 0 || text.charAt(line - 1) == '\n')
                && end + 1 < text.length()
                && text.charAt(end) == ' '
                && Character.isUpperCase(text.charAt(end + 1));
    }

    /// Versions may have four numbers too. The word before tells.
    private static boolean isVersion(String text, int start) {
        int end = start;
        while (end > 0 && text.charAt(end - 1) == ' ') {
            end--;
        }
        int word = end;
        while (word > 0 && Character.isLetter(text.charAt(word - 1))) {
            word--;
        }
        return VERSION_WORDS.contains(text.substring(word, end).toLowerCase(Locale.ROOT));
    }

    private static boolean isPublic4(String address) {
        String[] parts = address.split("\\.", -1);
        if (parts.length != 4) {
            return false;
        }
        int[] n = new int[4];
        for (int i = 0; i < 4; i++) {
            String part = parts[i];
            boolean number = !part.isEmpty()
                    && part.length() <= 3
                    && part.chars().allMatch(c -> Finder.isDigit((char) c))
                    && !(part.length() > 1 && part.charAt(0) == '0');
            n[i] = number ? Integer.parseInt(part) : 256;
            if (n[i] > 255) {
                return false;
            }
        }
        return !(n[0] == 0
                || n[0] == 10
                || n[0] == 100 && n[1] >= 64 && n[1] <= 127
                || n[0] == 127
                || n[0] == 169 && n[1] == 254
                || n[0] == 172 && n[1] >= 16 && n[1] <= 31
                || n[0] == 192 && n[1] == 0 && (n[2] == 0 || n[2] == 2)
                || n[0] == 192 && n[1] == 88 && n[2] == 99
                || n[0] == 192 && n[1] == 168
                || n[0] == 198 && (n[1] == 18 || n[1] == 19)
                || n[0] == 198 && n[1] == 51 && n[2] == 100
                || n[0] == 203 && n[1] == 0 && n[2] == 113
                || n[0] >= 224);
    }

    /// Global unicast is 2000::/3, less what documentation and protocols reserve in it.
    private static boolean isPublic6(String address) {
        int[] groups = groups(address);
        return groups.length == 8
                && groups[0] >= 0x2000
                && groups[0] <= 0x3FFF
                && !(groups[0] == 0x2001 && (groups[1] < 0x0200 || groups[1] == 0x0DB8))
                && !(groups[0] == 0x3FFF && groups[1] < 0x1000)
                && groups[0] != 0x2002;
    }

    /// The eight groups, or none if this is no address.
    private static int[] groups(String address) {
        int gap = address.indexOf("::");
        String head = gap < 0 ? address : address.substring(0, gap);
        String tail = gap < 0 ? "" : address.substring(gap + 2);
        int[] groups = new int[8];
        int front = fill(groups, 0, head);
        if (front < 0 || gap < 0 && front != 8) {
            return new int[0];
        }
        int[] back = new int[8];
        int behind = fill(back, 0, tail);
        if (behind < 0 || front + behind > (gap < 0 ? 8 : 7)) {
            return new int[0];
        }
        System.arraycopy(back, 0, groups, 8 - behind, behind);
        return groups;
    }

    /// @return how many groups there were, or -1 if one is malformed
    private static int fill(int[] groups, int from, String text) {
        if (text.isEmpty()) {
            return 0;
        }
        String[] parts = text.split(":", -1);
        if (parts.length > groups.length - from) {
            return -1;
        }
        for (int i = 0; i < parts.length; i++) {
            if (parts[i].isEmpty() || parts[i].length() > 4 || parts[i].indexOf('.') >= 0) {
                return -1;
            }
            groups[from + i] = Integer.parseInt(parts[i], 16);
        }
        return parts.length;
    }
}
