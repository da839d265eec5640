# Writes the bytes of INPUT to OUTPUT as the C array SYMBOL and its size as SYMBOL_size, both declared in HEADER.
#
#   cmake -DINPUT=file -DOUTPUT=file.c -DHEADER=folder/file.h -DSYMBOL=name -P embed.cmake
file(READ ${INPUT} bytes HEX)
string(LENGTH "${bytes}" digits)
math(EXPR size "${digits} / 2")
string(REGEX REPLACE "(................................)" "\\1\n" bytes "${bytes}")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
file(WRITE ${OUTPUT} "#include \"${HEADER}\"

const unsigned char ${SYMBOL}[] = {
${bytes}
};
const size_t ${SYMBOL}_size = ${size};
")
