package org.millrace.crawler.manners;

import org.millrace.crawler.web.NormalUrl;

/// An `ai.txt` as Spawning describes it: the grammar of robots.txt, saying what may not become training
/// data, mostly by file name extension (`Disallow: *.html`).
///
/// @param rules those addressed to all, or to us
record AiTxt(RobotsTxt rules) {

    static final AiTxt NONE = new AiTxt(RobotsTxt.EMPTY);

    static AiTxt read(NormalUrl location, byte[] body, String agent) {
        return new AiTxt(RobotsTxt.read(location, body, agent));
    }

    /// Extensions stand for kinds of media. A page without one is HTML, so a rule about `*.html` is about
    /// it too.
    boolean reserves(NormalUrl url) {
        String subject = PathPattern.subject(url);
        if (!rules.allow(subject)) {
            return true;
        }
        int query = subject.indexOf('?');
        String path = query < 0 ? subject : subject.substring(0, query);
        String name = path.substring(path.lastIndexOf('/') + 1);
        return name.indexOf('.') < 0 && !rules.allow(path + (name.isEmpty() ? "index.html" : ".html"));
    }
}
