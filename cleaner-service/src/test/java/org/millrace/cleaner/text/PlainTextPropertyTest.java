package org.millrace.cleaner.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.text.Normalizer;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

class PlainTextPropertyTest {

    @Property(tries = 500)
    void plainTextIsPlainAlready(@ForAll String text) {
        String plain = PlainText.of(text);

        assertThat(PlainText.of(plain)).isEqualTo(plain);
        assertThat(Normalizer.isNormalized(plain, Normalizer.Form.NFC)).isTrue();
        assertThat(plain.chars().filter(c -> c != '\n')).noneMatch(Character::isISOControl);
        assertThat(plain).doesNotContain("\n\n\n", "  ", " \n", "\n ");
    }
}
