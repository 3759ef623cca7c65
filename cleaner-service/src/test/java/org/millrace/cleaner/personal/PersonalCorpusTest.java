package org.millrace.cleaner.personal;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.i18n.phonenumbers.PhoneNumberUtil;
import com.google.i18n.phonenumbers.PhoneNumberUtil.PhoneNumberFormat;
import com.google.i18n.phonenumbers.Phonenumber.PhoneNumber;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.millrace.cleaner.personal.PersonalData.Masked;

/// Precision and recall on two corpora of our own: what must be masked, and what must stay.
class PersonalCorpusTest {

    private static final PersonalData DATA = PersonalDataTest.standard();
    private static final Pattern PIECE = Pattern.compile("\\[\\[(.*?)]]");

    private static List<String> lines(String name) throws IOException {
        try (BufferedReader reader = new BufferedReader(new InputStreamReader(
                Objects.requireNonNull(PersonalCorpusTest.class.getResourceAsStream(name)), StandardCharsets.UTF_8))) {
            return reader.lines().filter(line -> !line.startsWith("#")).toList();
        }
    }

    @Test
    void whatMustBeMaskedIs() throws IOException {
        List<String> missed = new ArrayList<>();
        int pieces = 0;
        for (String line : lines("personal.txt")) {
            String[] fields = line.split(" \\| ", 2);
            Matcher piece = PIECE.matcher(fields[1]);
            String expected = piece.replaceAll("[" + fields[0] + "]");
            int count = (int) piece.reset().results().count();
            pieces += count;
            Masked masked = DATA.mask(piece.reset().replaceAll("$1"));
            if (!masked.equals(new Masked(expected, count))) {
                missed.add(line + " -> " + masked);
            }
        }

        assertThat(pieces).isGreaterThanOrEqualTo(75);
        assertThat(missed)
                .describedAs("recall %d of %d", pieces - missed.size(), pieces)
                .isEmpty();
    }

    @Test
    void whatMustStayDoes() throws IOException {
        List<String> taken = lines("ordinary.txt").stream()
                .filter(line -> !DATA.mask(line).equals(new Masked(line, 0)))
                .map(line -> line + " -> " + DATA.mask(line).text())
                .toList();

        assertThat(lines("ordinary.txt")).hasSizeGreaterThanOrEqualTo(60);
        assertThat(taken).describedAs("taken for personal data").isEmpty();
    }

    /// One number of each of the world's numbering plans, as three kinds of writers write it.
    @Test
    void everyCountrysNumbersAreRecognised() {
        PhoneNumberUtil plans = PhoneNumberUtil.getInstance();
        List<String> missed = new ArrayList<>();
        int tried = 0;
        for (String region : plans.getSupportedRegions()) {
            PhoneNumber number = plans.getExampleNumber(region);
            String spaced = plans.format(number, PhoneNumberFormat.INTERNATIONAL);
            for (String written :
                    List.of(spaced, plans.format(number, PhoneNumberFormat.E164), spaced.replaceFirst("\\+", "00"))) {
                tried++;
                if (!DATA.mask("Call us: " + written + ", any day.").text().equals("Call us: [phone], any day.")) {
                    missed.add(region + " " + written);
                }
            }
        }

        assertThat(tried).isGreaterThan(700);
        assertThat(missed).isEmpty();
    }
}
