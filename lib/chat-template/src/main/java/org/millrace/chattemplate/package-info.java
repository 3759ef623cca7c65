/// Chat templates: the subset of Jinja that models come with, rendered so that what a user wrote stays apart from
/// what the template says. Start at [ChatFormat]; a template by itself is [ChatTemplate].
@NullMarked
package org.millrace.chattemplate;

import org.jspecify.annotations.NullMarked;
