package org.millrace.cleaner.personal;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.millrace.cleaner.CleanerConfig;

/// Replaces what names or reaches a person by a placeholder: e-mail addresses, telephone numbers,
/// public IP addresses, payment cards, bank accounts, and what a person's own patterns find. The
/// placeholders are plain words in brackets, which every tokenizer spells with ordinary tokens, and
/// which a reader understands.
///
/// A number counts only with a sign of what it is (a check digit, `+`, a word such as "Tel."), so that
/// years, populations, ISBNs, coordinates, versions and part numbers stay. Thread-safe.
public final class PersonalData {

    /// @param spans pieces that were replaced
    public record Masked(String text, int spans) {}

    /// A replaced piece may uncover its neighbour. Own patterns could do so forever.
    private static final int MOST_PASSES = 20;

    /// Accounts and cards first: a telephone number may hide in them, and not the other way round.
    private final List<Finder> finders;

    private PersonalData(List<Finder> finders) {
        this.finders = List.copyOf(finders);
    }

    /// @throws IOException if the file of own patterns cannot be read or holds a bad one
    public static PersonalData of(CleanerConfig.Personal config) throws IOException {
        List<Finder> finders = new ArrayList<>(List.of(
                new Emails(), new Ibans(), new PaymentCards(), new IpAddresses(), new Phones(config.phoneRegions())));
        if (config.patterns().isPresent()) {
            finders.addAll(OwnPattern.read(config.patterns().get()));
        }
        return new PersonalData(finders);
    }

    public Masked mask(String text) {
        Masked masked = new Masked(text, 0);
        for (int pass = 0; pass < MOST_PASSES; pass++) {
            int before = masked.spans();
            for (Finder finder : finders) {
                masked = mask(finder, masked);
            }
            if (masked.spans() == before) {
                break;
            }
        }
        return masked;
    }

    private static Masked mask(Finder finder, Masked masked) {
        List<Finder.Span> found = finder.find(masked.text());
        if (found.isEmpty()) {
            return masked;
        }
        StringBuilder text = new StringBuilder();
        int end = 0;
        for (Finder.Span span : found) {
            text.append(masked.text(), end, span.start()).append(finder.placeholder());
            end = span.end();
        }
        text.append(masked.text(), end, masked.text().length());
        return new Masked(text.toString(), masked.spans() + found.size());
    }
}
