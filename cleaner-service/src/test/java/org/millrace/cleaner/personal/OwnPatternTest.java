package org.millrace.cleaner.personal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.millrace.cleaner.StandardConfig;
import org.millrace.cleaner.personal.PersonalData.Masked;

class OwnPatternTest {

    @TempDir
    Path folder;

    private PersonalData with(String patterns) throws IOException {
        Path file = Files.writeString(folder.resolve("patterns.tsv"), patterns);
        return PersonalData.of(StandardConfig.with(Map.of("personal.patterns", file.toString()))
                .personal());
    }

    @Test
    void whatItFindsIsReplacedByItsName() throws IOException {
        PersonalData data = with("# members\nmember-number\tM-\\d{6}\n\nbadge\t(?i)badge [a-z]{3}\n");

        assertThat(data.mask("Member M-123456 wears Badge XYZ, writes from a@example.org."))
                .isEqualTo(new Masked("Member [member-number] wears [badge], writes from [email].", 3));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "no-tab; expected name<TAB>regular expression",
                "Bad Name\\tx; expected name<TAB>regular expression",
                "open\\t(x; missing closing",
                "empty\\tx*; matches the empty text",
                "loop\\tlo+p; matches its own placeholder"
            })
    void aPatternThatCannotWorkIsRefusedWithItsLine(String line, String reason) {
        assertThatThrownBy(() -> with("fine\tM-\\d\n" + line.replace("\\t", "\t")))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("line 2")
                .hasMessageContaining(reason);
    }

    /// With a backtracking engine this takes longer than the universe is old.
    @Test
    void noPatternHangs() throws IOException {
        PersonalData data = with("trap\t(a+)+b\n");

        Assertions.assertTimeout(Duration.ofSeconds(10), () -> data.mask("a".repeat(20_000) + "c"));
    }

    @Test
    void aRegionThatIsNoneIsRefused() {
        assertThatThrownBy(() -> PersonalData.of(StandardConfig.with(Map.of("personal.phone-regions", "XX"))
                        .personal()))
                .hasMessageContaining("XX");
    }

    @Test
    void moreRegionsMayBeRecognisedAsDialledAtHome() throws IOException {
        PersonalData germanToo = PersonalData.of(
                StandardConfig.with(Map.of("personal.phone-regions", "US,DE")).personal());

        assertThat(germanToo.mask("Die Mühle: 089/123-4567, werktags.").text())
                .isEqualTo("Die Mühle: [phone], werktags.");
        assertThat(germanToo.mask("The mill: (202) 555-0143, weekdays.").text())
                .isEqualTo("The mill: [phone], weekdays.");
        assertThat(germanToo.mask("In 2019 and 2020 202-555-0143 was ours.").text())
                .isEqualTo("In 2019 and 2020 [phone] was ours.");
    }
}
