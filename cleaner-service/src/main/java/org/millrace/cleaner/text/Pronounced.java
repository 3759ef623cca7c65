package org.millrace.cleaner.text;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/// The words of `class` and `id` attributes: names such as "post-meta", "sideBar" or
/// "article__share--top", cut into words, each looked up alone and together with the one before.
final class Pronounced {

    static final Pronounced WORDS = new Pronounced();

    private static final String STRONG = """
            cookie cookies cookiebar consent gdpr ccpa onetrust \
            sidebar sidepanel sidecolumn sidenav rightrail leftrail rail popup popover modal overlay lightbox \
            interstitial tooltip offcanvas drawer \
            newsletter newsletters subscribe subscription subscriptions signup optin mailinglist mailchimp \
            breadcrumb breadcrumbs crumbs crumb \
            ad ads advert adverts advertise advertisement advertising adsense adslot adbox adsbygoogle adunit \
            adcontainer adwrapper dfp sponsor sponsored sponsors promo promos promotion promoted promobox cta \
            calltoaction share shares sharing sharebar sharethis sharedaddy addthis addtoany socialshare \
            socialmedia social socials followus \
            byline dateline postmeta entrymeta articlemeta meta metadata postinfo articleinfo \
            pagination pager paging paginator pagenav prevnext \
            skip skiplink skiplinks navbox editsection navbar topbar bottombar mainnav subnav megamenu \
            offscreen printfooter catlinks noprint infobox reflist references sistersitebox metadata hatnote \
            related relatedposts relatedarticles recommended recommendation recommendations recirculation recirc \
            trending mostread mostpopular popularposts morefrom morestories readnext readmore upnext seealso \
            youmaylike alsolike outbrain taboola zergnet moreon \
            authorbio authorbox authorinfo authorcard aboutauthor aboutauthorbox authordescription \
            biography bio photocredit imagecredit imagecaption wpcaptiontext caption captions credit credits \
            paywall regwall piano paygate loginwall disclosure disclaimer donate donation donations \
            feedback washelpful helpful survey poll gutter lineno linenos linenumber linenumbers copybutton \
            sitenotice colophon copyright masthead announcement announcementbar reviews reviewlist \
            tagcloud taglist tagslist posttags entrytags articletags jumptorecipe \
            usercard userinfo userprofile postprofile postauthor postuser posterinfo votecell votes voting upvote""";

    private static final String COMMENT = """
            comment comments commentlist commentarea commenting disqus respond livefyre talkback cmts discussion \
            replies""";

    private static final String WEAK = """
            nav navigation menu menus submenu banner banners header footer foot widget widgets tags tag topics \
            categories category popular toolbar tools actions login signin register account rating ratings stars toc \
            tableofcontents search searchform ticker marquee breaking legal author authors profile avatar user \
            teaser teasers card cards links linklist notice notification notifications archive archives archived \
            recent recentposts latest more next previous prev controls buttons button badge badges carousel slider \
            slideshow gallery thumbnails player languages languageswitcher locale cart basket wishlist \
            price prices sku stock shipping delivery print permalink timestamp date time views statistics stats \
            contact sitemap side aside secondary tertiary corner right left rightcolumn leftcolumn rightcol leftcol \
            talk thread logo brand branding home""";

    private static final String CONTENT = """
            content contents article post entry body text story main page prose markdown richtext editor documentation \
            docs doc recipe ingredients ingredient instructions directions description answer question message lead \
            lede intro introduction standfirst summary abstract paragraph copy detail details chapter news \
            note tip warning admonition callout important parser output wysiwyg formatted inner primary""";

    private static final String BODY = """
            articlebody articlecontent articletext articlecopy postbody postcontent posttext entrycontent entrybody \
            entrytext storybody storycontent storytext storycopy newsbody newscontent newstext blogcontent blogpost \
            blogbody contentbody bodycontent bodytext bodycopy textbody pagecontent maincontent contentmain maintext \
            parseroutput markdownbody markdowncontent richtext prose recipebody docbody doccontent docscontent \
            detailcontent detailbody econtent contenttext bodymain contentcopy""";

    private static final String HIDING = """
            hidden hide invisible sr-only sronly visually-hidden visuallyhidden screen-reader-text screenreader \
            d-none display-none is-hidden u-hidden offscreen element-invisible nodisplay no-display print-only""";

    /// "has-sidebar" and "with-comments" tell of something elsewhere in the box.
    private static final Set<String> ELSEWHERE =
            Set.of("no", "not", "has", "with", "without", "open", "enabled", "disabled", "layout", "js", "supports");

    private static final int LONGEST_VALUE = 500;

    private final Map<String, Integer> words = new HashMap<>();
    private final Set<String> hiding = Set.of(HIDING.split(" +"));

    private Pronounced() {
        put(CONTENT, Signs.CONTENT);
        put(BODY, Signs.BODY | Signs.CONTENT);
        put(WEAK, Signs.WEAK);
        put(STRONG, Signs.STRONG);
        put(COMMENT, Signs.COMMENT);
    }

    private void put(String list, int sign) {
        for (String word : list.split(" +")) {
            words.merge(word, sign, (a, b) -> a | b);
        }
    }

    int signs(String value) {
        int signs = 0;
        for (String name : value.substring(0, Math.min(value.length(), LONGEST_VALUE))
                .strip()
                .split("\\s+")) {
            signs |= ofName(name);
        }
        return signs;
    }

    private int ofName(String name) {
        int signs = hiding.contains(name.toLowerCase(Locale.ROOT)) ? Signs.HIDDEN : 0;
        if (name.equalsIgnoreCase("signature")) {
            signs |= Signs.STRONG; // below a post; a "method-signature" is another thing
        }
        boolean elsewhere = false;
        String before = "";
        int start = 0;
        for (int i = 0; i <= name.length(); i++) {
            boolean letter = i < name.length() && Character.isLetter(name.charAt(i));
            boolean hump = letter
                    && i > start
                    && Character.isUpperCase(name.charAt(i))
                    && Character.isLowerCase(name.charAt(i - 1));
            if (letter && !hump) {
                continue;
            }
            if (i > start) {
                String word = name.substring(start, i).toLowerCase(Locale.ROOT);
                elsewhere |= ELSEWHERE.contains(word);
                signs |= words.getOrDefault(word, word.endsWith("caption") ? Signs.STRONG : 0);
                if (!before.isEmpty()) {
                    signs |= words.getOrDefault(before + word, 0);
                }
                before = word;
            }
            start = letter ? i : i + 1;
        }
        return elsewhere ? signs & ~(Signs.STRONG | Signs.WEAK | Signs.COMMENT) : signs;
    }
}
