package org.millrace.cleaner.text;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.millrace.cleaner.text.Block.Kind;

/// Short lines that sites of any subject put between and around their texts. A supplement to the
/// signs and densities, for pages without telling names: only what is said in so many words counts.
final class StockPhrases {

    private static final int SHORT = 14;
    private static final int NOTICE = 60;

    /// A short line that is or starts with one of these.
    private static final Map<Character, List<String>> STARTS = byFirst("""
            advertisement
            sponsored content
            article continues below
            story continues below
            continue reading below
            scroll to continue
            share this
            share on
            share via
            share:
            tweet this
            follow us
            like us on
            sign up for
            sign up to
            subscribe to
            subscribe now
            subscribe for
            join our newsletter
            get our newsletter
            log in to
            already a subscriber
            skip to
            jump to
            back to top
            read more:
            read also
            also read
            read next
            see also:
            related:
            more:
            recommended:
            filed under
            posted in
            tagged
            tags:
            tag:
            categories:
            category:
            topics:
            posted by
            posted on
            published on
            published:
            updated on
            last updated
            last modified
            written by
            photo:
            photo by
            photograph:
            image:
            image credit
            image source
            picture:
            credit:
            source: getty
            print this
            email this
            loading
            please enable javascript
            you need to enable javascript
            leave a comment
            leave a reply
            post a comment
            add a comment
            anzeige
            werbung
            artikel teilen
            teilen auf
            lesen sie auch
            mehr zum thema
            jetzt abonnieren
            foto:
            bild:
            publicité
            lire aussi
            partager
            à lire aussi
            s'abonner
            crédit photo
            publicidad
            compartir
            lea también
            leer también
            suscríbete
            pubblicità
            leggi anche
            condividi
            publicidade
            compartilhe
            leia também
            advertentie
            lees ook
            реклама
            читайте также
            поделиться
            reklama
            czytaj też
            czytaj także
            広告
            関連記事
            广告
            相关阅读
            分享到
            광고""");

    /// Anywhere in a notice.
    private static final List<String> NOTICES = lines("""
            all rights reserved
            alle rechte vorbehalten
            tous droits réservés
            todos los derechos reservados
            todos os direitos reservados
            tutti i diritti riservati
            все права защищены
            wszelkie prawa zastrzeżone
            版权所有
            無断転載""");

    private static final List<String> COOKIES = lines("""
            uses cookies
            use cookies
            use of cookies
            accept cookies
            accept all cookies
            cookie policy
            cookies to improve
            verwendet cookies
            verwenden cookies
            nutzen cookies
            utilise des cookies
            utilisons des cookies
            utiliza cookies
            utilizamos cookies
            usa cookie
            использует cookie
            используем cookie""");

    /// Headings of what comes after the text, alone or with a number or a word behind.
    private static final Map<Character, List<String>> AFTERWORDS = byFirst("""
            related articles
            related posts
            related stories
            related news
            related content
            related pages
            related topics
            related reading
            related questions
            related products
            similar articles
            similar posts
            similar products
            you may also like
            you might also like
            you may also enjoy
            you might also enjoy
            also interesting
            also of interest
            more from
            more on this
            more stories
            more news
            more articles
            more posts
            more like this
            most read
            most popular
            most viewed
            popular posts
            popular articles
            popular now
            trending
            recommended reading
            recommended for you
            read next
            what to read next
            up next
            keep reading
            continue reading
            further reading from
            don't miss
            latest news
            latest posts
            latest articles
            latest stories
            recent posts
            recent articles
            recent comments
            comments
            leave a comment
            leave a reply
            post a comment
            add a comment
            join the discussion
            join the conversation
            reader comments
            what others say
            what do you think
            about the author
            about the authors
            about author
            share this
            share this article
            share this post
            follow us
            newsletter
            stay up to date
            stay in touch
            stay informed
            get the newsletter
            join our
            sponsored
            from our partners
            around the web
            customer reviews
            customers also bought
            customers also viewed
            see also
            external links
            references
            kommentare
            kommentar schreiben
            ähnliche artikel
            verwandte artikel
            das könnte sie auch interessieren
            das könnte dich auch interessieren
            weitere artikel
            mehr zum thema
            mehr aus
            meistgelesen
            neueste beiträge
            über den autor
            über die autorin
            commentaires
            articles similaires
            articles liés
            à lire aussi
            sur le même sujet
            à propos de l'auteur
            les plus lus
            comentarios
            artículos relacionados
            noticias relacionadas
            te puede interesar
            también te puede interesar
            lo más leído
            sobre el autor
            commenti
            articoli correlati
            potrebbe interessarti
            comentários
            artigos relacionados
            leia também
            veja também
            reacties
            lees ook
            gerelateerde artikelen
            komentarze
            powiązane artykuły
            zobacz też
            комментарии
            похожие статьи
            читайте также
            по теме
            関連記事
            コメント
            おすすめ記事
            相关文章
            相关阅读
            评论
            댓글
            관련 기사
            مقالات ذات صلة
            تعليقات
            تعليقات القراء""");

    private StockPhrases() {}

    /// "Advertisement", "Share this": a short line that is no sentence.
    static boolean isFurniture(Block block) {
        return block.words() <= SHORT
                && block.kind() == Kind.PARAGRAPH
                && !isSentence(block)
                && startsWithAny(simple(block));
    }

    /// Of rights and of cookies. Inside an article the same words may be its subject.
    static boolean isNotice(Block block) {
        if (block.kind() == Kind.CODE || block.words() > NOTICE) {
            return false;
        }
        String text = simple(block);
        boolean brief = block.words() <= NOTICE / 2;
        return isCopyright(text) && brief
                || (holds(text, NOTICES) || text.contains("cookie") && holds(text, COOKIES))
                        && (brief || block.kind() == Kind.PARAGRAPH);
    }

    private static String simple(Block block) {
        return block.text().toLowerCase(Locale.ROOT).replace('’', '\'').strip();
    }

    /// Whether a text ends where this line stands: what follows is about other pages.
    static boolean opensAfterword(Block block) {
        if (block.words() > 8 || block.kind() == Kind.CODE || block.kind() == Kind.ROW) {
            return false;
        }
        String text = simple(block);
        int start = 0;
        while (start < text.length() && !Character.isLetter(text.charAt(start))) {
            start++; // "3 comments"
        }
        String words = text.substring(start);
        for (String phrase : candidates(words, AFTERWORDS)) {
            if (words.startsWith(phrase) && isTail(words.substring(phrase.length()), phrase)) {
                return true;
            }
        }
        return false;
    }

    private static boolean startsWithAny(String text) {
        for (String phrase : candidates(text, STARTS)) {
            if (startsWith(text, phrase)) {
                return true;
            }
        }
        return false;
    }

    private static boolean holds(String text, List<String> phrases) {
        for (String phrase : phrases) {
            if (text.contains(phrase)) {
                return true;
            }
        }
        return false;
    }

    private static List<String> candidates(String text, Map<Character, List<String>> byFirst) {
        return text.isEmpty() ? List.of() : byFirst.getOrDefault(text.charAt(0), List.of());
    }

    /// "Comments (3)", "Related articles:", "More from the garden"; not "Comments in C".
    private static boolean isTail(String tail, String phrase) {
        return tail.chars().noneMatch(Character::isLetter)
                || phrase.startsWith("more ") && tail.startsWith(" ")
                || phrase.startsWith("about the author") && tail.startsWith(":");
    }

    private static boolean isSentence(Block block) {
        return block.endsSentence() && !block.text().endsWith(":") && block.words() >= 6;
    }

    private static boolean isCopyright(String text) {
        return text.startsWith("©")
                || text.startsWith("copyright ©")
                || text.startsWith("copyright (c)")
                || text.startsWith("(c) 20")
                || text.startsWith("(c) 19")
                || text.startsWith("copyright 20");
    }

    private static boolean startsWith(String text, String phrase) {
        return text.startsWith(phrase)
                && (text.length() == phrase.length()
                        || !Character.isLetterOrDigit(text.charAt(phrase.length()))
                        || !Character.isLetterOrDigit(phrase.charAt(phrase.length() - 1)));
    }

    private static Map<Character, List<String>> byFirst(String lines) {
        return lines(lines).stream().collect(Collectors.groupingBy(line -> line.charAt(0)));
    }

    private static List<String> lines(String lines) {
        return lines.lines().map(String::strip).toList();
    }
}
