package org.millrace.archives;

import java.time.Instant;

/// A page as an archive holds it.
///
/// @param source what people find it by: the file, and the number of the record where it has several
/// @param url that it was fetched from, as written there; of a file in a folder its `file:` URI
/// @param path of a file, relative to its folder, with `/`; empty for a record of an archive
/// @param contentType as the server sent it; for text that another program extracted
///     `text/plain; charset=utf-8`; empty where nobody said
/// @param language of extracted text, ISO 639-3, as the archive names it; empty where it does not
/// @param at when it was fetched, or when the file was last changed
/// @param fields of the HTTP header, empty where there was none
/// @param body decoded of transfer and content encodings, not of its charset
@SuppressWarnings("ArrayRecordComponent") // captures are read, never compared
public record Capture(
        String source,
        String url,
        String path,
        String contentType,
        String language,
        Instant at,
        Fields fields,
        byte[] body) {}
