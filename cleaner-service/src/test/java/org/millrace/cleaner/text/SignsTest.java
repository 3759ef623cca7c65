package org.millrace.cleaner.text;

import static org.assertj.core.api.Assertions.assertThat;

import org.jsoup.Jsoup;
import org.jsoup.nodes.Element;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SignsTest {

    @ParameterizedTest
    @CsvSource({
        "side-bar, true", "sideBar, true", "article__share--top, true", "widget_newsletter, true", "wp-caption, true",
        "has-sidebar, false", "with-comments-sidebar, false", "shareholder-news, false", "adventure, false",
                "header, false"
    })
    void namesAreReadByTheirWords(String name, boolean strong) {
        assertThat((signs("<div class='" + name + "'>") & Signs.STRONG) != 0).isEqualTo(strong);
    }

    @ParameterizedTest
    @CsvSource({
        "article-body, true",
        "entryContent, true",
        "mw-parser-output, true",
        "body, false",
        "article-meta, false"
    })
    void theBodyIsKnownByItsNames(String name, boolean body) {
        assertThat((signs("<div id='" + name + "'>") & Signs.BODY) != 0).isEqualTo(body);
    }

    @ParameterizedTest
    @CsvSource({
        "style='color:red; Display : none', true",
        "hidden, true",
        "aria-hidden=true, true",
        "class='sr-only', true",
        "aria-hidden=false, false",
        "class='overflow-hidden', false"
    })
    void whatNobodySeesIsHidden(String attributes, boolean hidden) {
        assertThat((signs("<div " + attributes + ">") & Signs.HIDDEN) != 0).isEqualTo(hidden);
    }

    @Test
    void elementsOfTheSitesOwnMakingSpeakToo() {
        assertThat(signs("<cookie-banner>") & Signs.STRONG).isNotZero();
        assertThat(signs("<amp-sidebar>") & Signs.STRONG).isNotZero();
    }

    private static int signs(String markup) {
        Element element = Jsoup.parseBodyFragment(markup).body().child(0);
        return new Signs().of(element, element.normalName());
    }
}
