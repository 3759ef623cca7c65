package org.millrace.crawler.manners;

/// Which ways of saying no are heeded besides robots.txt, which always is. All, unless somebody crawls
/// pages that are their own to use.
///
/// @param robotsTags `noindex`, `none` and `unavailable_after`, in `X-Robots-Tag` and meta elements
/// @param noAi `noai`, there too
/// @param noImageAi `noimageai`, there too. It is about pictures; who writes it wants no part in training
/// @param aiTxt `/ai.txt`
/// @param tdmReservation the TDM Reservation Protocol: header, meta element, `/.well-known/tdmrep.json`
public record Signals(boolean robotsTags, boolean noAi, boolean noImageAi, boolean aiTxt, boolean tdmReservation) {

    public static final Signals ALL = new Signals(true, true, true, true, true);
}
