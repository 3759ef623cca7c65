package org.millrace.testkit.layered;

final class PageService {}
