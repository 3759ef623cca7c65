package org.millrace.crawler.kafka;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.millrace.testkit.FixtureSite;
import org.millrace.testkit.FixtureSite.Response;

/// A site whose pages link to each other in a tree, and all of them to the first ones, as navigation does.
record Pages(int count) {

    FixtureSite on(FixtureSite site) {
        for (int i = 0; i < count; i++) {
            StringBuilder html = new StringBuilder("<html><body><p>Page %d.</p>".formatted(i));
            for (int link : links(i)) {
                html.append("<a href='%s'>%d</a>".formatted(path(link), link));
            }
            site.answer(path(i), Response.html(html.toString()));
        }
        return site;
    }

    Set<String> urls(FixtureSite site) {
        Set<String> urls = new TreeSet<>();
        for (int i = 0; i < count; i++) {
            urls.add(site.url(path(i)));
        }
        return urls;
    }

    private List<Integer> links(int page) {
        List<Integer> links = new ArrayList<>();
        for (int i = 0; i < Math.min(count, 5); i++) {
            links.add(i);
        }
        for (int child = 3 * page + 1; child <= 3 * page + 3 && child < count; child++) {
            links.add(child);
        }
        return links;
    }

    private static String path(int page) {
        return page == 0 ? "/" : "/page/" + page;
    }
}
