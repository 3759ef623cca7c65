package org.millrace.cleaner.personal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.millrace.cleaner.StandardConfig;
import org.millrace.cleaner.personal.PersonalData.Masked;

class PersonalDataTest {

    private static final PersonalData DATA = PersonalDataTest.standard();

    static PersonalData standard() {
        try {
            return PersonalData.of(StandardConfig.with(Map.of()).personal());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "jane@example.org",
                "jane.doe+list@mail.example.co.uk",
                "J_D-1%x@sub-domain.example.museum",
            })
    void addressesAreMasked(String address) {
        assertThat(DATA.mask("Write to " + address + ", please."))
                .isEqualTo(new Masked("Write to [email], please.", 1));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "+49 30 901820",
                "+49 (0)30 901820-12",
                "+1 202-555-0143",
                "+1 (202) 555-0143",
                "+44 20 7946 0958",
                "+33 1 23 45 67 89",
                "+351 912 345 678",
                "+81-3-1234-5678",
                "+493090182012",
                "+33.1.23.45.67.89",
                "0049 30 9018201",
                "(202) 555-0143",
                "202-555-0143",
                "202.555.0143",
                "1-202-555-0143"
            })
    void numbersThatShowThemselvesAreMasked(String number) {
        assertThat(DATA.mask("Call us under " + number + " today."))
                .isEqualTo(new Masked("Call us under [phone] today.", 1));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "It has 12 mobile 5 000 000 users.",
                "The app had on mobile 5.000.000 users in May.",
                "By phone 12 500 000 people were asked.",
                "In mobile 5 432 100 units were sold.",
                "On mobile 250 000 000 (2020) and more.",
                "Of mobile 850 000 were sold.",
                "They sold mobile 5000000 times."
            })
    void amountsBehindAWordForTelephonesStay(String text) {
        assertThat(DATA.mask(text)).isEqualTo(new Masked(text, 0));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Mobile 600 123 456",
                "mobile 087 123 4567",
                "Mobile: 5 000 000",
                "Tel. 5 000 000",
                "mobile number 5 000 000",
                "Mobile 0800 000 000",
                "mobile 22 123 000",
                "Phone 2125551000",
                "mobile 621 123 456"
            })
    void numbersBehindAWordForTelephonesGo(String text) {
        assertThat(DATA.mask(text).text()).endsWith("[phone]");
        assertThat(DATA.mask(text + " is ours.").text()).endsWith("[phone] is ours.");
    }

    @ParameterizedTest
    @ValueSource(strings = {"Tel. 030 901820", "tel: 030 901820", "Phone 555-0143", "FAX: (030) 901-820"})
    void numbersThatAreNamedAreMasked(String text) {
        assertThat(DATA.mask(text).text()).endsWith("[phone]");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "In 1492 and again from 1519 to 1522 he sailed.",
                "The country has 67 391 582 inhabitants.",
                "It counts 1,412,600,000 people, 9 640 821 square kilometres.",
                "A change of +67 391 582 in ten years, or +12.5 percent.",
                "ISBN 978-0-306-40615-7 and ISBN 0-306-40615-2",
                "ISBN 9780306406157",
                "ISSN 2049-3630",
                "48.8566, 2.3522 and -33.868820, +151.209290",
                "+48.85661234, +2.35221900",
                "The year 2023-11-21, at 10:15:30, version 1.22.333.4444",
                "Pi is 3.14159265358979 and e is 2.718281828459",
                "IPv4 192.168.100.200 and 203.0.113.254",
                "Order 12345-67890-12345 of article 4006381333931",
                "From 1939-1945 and 1914-1918, pages 1021-1034",
                "The atomic mass is 196.966570 and it melts at 1064.18 degrees.",
                "The part number is 123-456-78901 or A202-555-0143",
                "doi 10.1000/182 and doi 10.1016/j.cell.2019.05.031",
                "Telegraph lines of 1866 were 3 000 kilometres long.",
                "Mention @example and me@home, or a@b"
            })
    void otherNumbersStay(String text) {
        assertThat(DATA.mask(text)).isEqualTo(new Masked(text, 0));
    }

    @Test
    void everySpanIsCounted() {
        assertThat(DATA.mask("a@example.org b@example.org +49 30 901820").spans())
                .isEqualTo(3);
    }
}
