package org.millrace.crawler.web;

import java.net.IDN;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.Locale;
import java.util.Optional;

/// The host of a URL in its one spelling. What is checked is then what is connected to: every way to
/// write an address as a number (`2130706433`, `0x7f.1`, `017700000001`, `①②⑦.⓪.⓪.①`) is here the
/// address in four decimal parts, as browsers read it.
final class HostName {

    private static final int MAX_NAME = 253;
    private static final int MAX_LABEL = 63;

    private HostName() {}

    /// @return lowercase ASCII without the dot at the end; an IPv6 address in brackets, in the form of
    ///     RFC 5952; empty if `written` is no host
    static Optional<String> normal(String written) {
        if (written.startsWith("[")) {
            return written.endsWith("]") ? ipv6(written.substring(1, written.length() - 1)) : Optional.empty();
        }
        return ascii(written).map(HostName::withoutLastDot).flatMap(HostName::nameOrIpv4);
    }

    private static Optional<String> ascii(String written) {
        if (isAscii(written)) {
            return Optional.of(written.toLowerCase(Locale.ROOT));
        }
        try {
            return Optional.of(IDN.toASCII(written, IDN.ALLOW_UNASSIGNED).toLowerCase(Locale.ROOT));
        } catch (IllegalArgumentException e) {
            return Optional.empty(); // no host name in any script
        }
    }

    private static Optional<String> nameOrIpv4(String ascii) {
        if (!isName(ascii)) {
            return Optional.empty();
        }
        return endsInNumber(ascii) ? ipv4(ascii) : Optional.of(ascii);
    }

    private static String withoutLastDot(String host) {
        return host.endsWith(".") ? host.substring(0, host.length() - 1) : host;
    }

    private static boolean isAscii(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) >= 0x80) {
                return false;
            }
        }
        return true;
    }

    /// Labels of letters, digits, `-` and `_`, which some names have though they should not; `-` not at an
    /// end of a label.
    private static boolean isName(String ascii) {
        if (ascii.isEmpty() || ascii.length() > MAX_NAME) {
            return false;
        }
        int start = 0;
        for (int i = 0; i <= ascii.length(); i++) {
            char c = i == ascii.length() ? '.' : ascii.charAt(i);
            if (c == '.') {
                int length = i - start;
                if (length == 0 || length > MAX_LABEL || ascii.charAt(start) == '-' || ascii.charAt(i - 1) == '-') {
                    return false;
                }
                start = i + 1;
            } else if (!(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-' || c == '_')) {
                return false;
            }
        }
        return true;
    }

    /// Whether the last label is a number, in the words of the URL Standard.
    private static boolean endsInNumber(String host) {
        String last = host.substring(host.lastIndexOf('.') + 1);
        return last.chars().allMatch(c -> c >= '0' && c <= '9') || number(last) >= 0;
    }

    /// One to four numbers; the last one fills the rest of the address.
    private static Optional<String> ipv4(String host) {
        String[] parts = host.split("\\.", -1);
        if (parts.length > 4) {
            return Optional.empty();
        }
        long address = 0;
        for (int i = 0; i < parts.length; i++) {
            long number = number(parts[i]);
            boolean last = i == parts.length - 1;
            int rest = 8 * (4 - i);
            if (number < 0 || number >= (last ? 1L << rest : 256)) {
                return Optional.empty();
            }
            address |= last ? number : number << rest - 8;
        }
        return Optional.of("%d.%d.%d.%d"
                .formatted(address >> 24 & 0xff, address >> 16 & 0xff, address >> 8 & 0xff, address & 0xff));
    }

    /// Decimal, octal with a leading 0, hexadecimal with a leading 0x; -1 if it is none.
    private static long number(String digits) {
        int radix = digits.startsWith("0x") ? 16 : digits.length() > 1 && digits.startsWith("0") ? 8 : 10;
        String bare = radix == 16 ? digits.substring(2) : digits;
        if (bare.isEmpty()) {
            return radix == 16 ? 0 : -1;
        }
        long number = 0;
        for (int i = 0; i < bare.length(); i++) {
            int digit = Character.digit(bare.charAt(i), radix);
            if (digit < 0 || number >> 36 != 0) {
                return -1;
            }
            number = number * radix + digit;
        }
        return number;
    }

    /// Without a zone: it names an interface of the machine that connects.
    private static Optional<String> ipv6(String inner) {
        if (inner.indexOf(':') < 0 || inner.indexOf('%') >= 0) {
            return Optional.empty();
        }
        try {
            InetAddress address = Inet6Address.ofLiteral(inner);
            return Optional.of(
                    address instanceof Inet4Address // mapped into IPv6
                            ? address.getHostAddress()
                            : "[" + compressed(address.getAddress()) + "]");
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /// RFC 5952: the longest run of at least two zeros, the first of equally long ones, is `::`.
    private static String compressed(byte[] octets) {
        int[] groups = new int[8];
        for (int i = 0; i < 8; i++) {
            groups[i] = (octets[2 * i] & 0xff) << 8 | octets[2 * i + 1] & 0xff;
        }
        int runStart = -1;
        int runLength = 1;
        for (int i = 0; i < 8; i++) {
            int length = 0;
            while (i + length < 8 && groups[i + length] == 0) {
                length++;
            }
            if (length > runLength) {
                runStart = i;
                runLength = length;
            }
        }
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 8; i++) {
            if (i == runStart) {
                text.append("::");
                i += runLength - 1;
            } else {
                if (!text.isEmpty() && text.charAt(text.length() - 1) != ':') {
                    text.append(':');
                }
                text.append(Integer.toHexString(groups[i]));
            }
        }
        return text.toString();
    }
}
