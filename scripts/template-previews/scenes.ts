/*
 * Scenes that stand for what a model would make, as SVG: they are drawn the
 * same everywhere, and nobody has rights in them.
 */

interface Scene {
  width: number
  height: number
  svg: string
}

const scene = (width: number, height: number, marks: string): Scene => ({
  width,
  height,
  svg: `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">${marks}</svg>`,
})

const gradient = (id: string, stops: readonly [at: number, color: string, opacity?: number][], down = true): string =>
  `<linearGradient id="${id}" x1="0" y1="0" x2="${down ? 0 : 1}" y2="${down ? 1 : 0}">${stops
    .map(([at, color, opacity = 1]) => `<stop offset="${at}" stop-color="${color}" stop-opacity="${opacity}"/>`)
    .join('')}</linearGradient>`

const glow = (id: string, color: string, opacity: number): string =>
  `<radialGradient id="${id}"><stop offset="0" stop-color="${color}" stop-opacity="${opacity}"/><stop offset="1" stop-color="${color}" stop-opacity="0"/></radialGradient>`

const blur = (id: string, deviation: number): string =>
  `<filter id="${id}" x="-50%" y="-50%" width="200%" height="200%"><feGaussianBlur stdDeviation="${deviation}"/></filter>`

/** A ridge through points, down to the foot of the picture. */
const ridge = (points: readonly [number, number][], foot: number, paint: string): string =>
  `<path d="M${points.map(([x, y]) => `${x} ${y}`).join('L')}L${points.at(-1)![0]} ${foot}L${points[0]![0]} ${foot}Z" fill="${paint}"/>`

function fir(x: number, y: number, height: number, color: string): string {
  const tiers = [0, 1, 2, 3].map((tier) => {
    const top = y - height + (tier * height) / 4.6
    const bottom = top + height * 0.36
    const half = height * (0.085 + tier * 0.058)
    return `M${x} ${top}L${x + half} ${bottom}L${x - half} ${bottom}Z`
  })
  return `<path d="${tiers.join('')}M${x - height * 0.02} ${y - height * 0.1}h${height * 0.04}v${height * 0.12}h${-height * 0.04}Z" fill="${color}"/>`
}

/** Mountains on a winter morning. */
export const mountains: Scene = scene(
  1536,
  768,
  `<defs>${gradient('sky', [
    [0, '#1c3a6e'],
    [0.42, '#5f7fb8'],
    [0.7, '#f0b48a'],
    [1, '#fbdcae'],
  ])}${gradient('far', [
    [0, '#8b93bd'],
    [1, '#d7b3a8'],
  ])}${gradient('peak', [
    [0, '#f7f4fb'],
    [0.55, '#b9c3e2'],
    [1, '#7d8fbf'],
  ])}${gradient('shade', [
    [0, '#8fa1cf'],
    [1, '#5b6fa6'],
  ])}${gradient('snow', [
    [0, '#e9eefb'],
    [1, '#aebfe3'],
  ])}${glow('sun', '#fff2cf', 0.95)}${blur('soft', 26)}</defs>
<rect width="1536" height="768" fill="url(#sky)"/>
<circle cx="1215" cy="392" r="330" fill="url(#sun)"/>
<circle cx="1215" cy="392" r="46" fill="#fff8e6"/>
${ridge(
  [
    [0, 470],
    [120, 420],
    [230, 455],
    [360, 380],
    [470, 430],
    [600, 372],
    [720, 440],
    [860, 400],
    [1000, 452],
    [1160, 430],
    [1300, 462],
    [1420, 420],
    [1536, 448],
  ],
  768,
  'url(#far)',
)}
<path d="M700 640L930 300L985 352L1052 208L1120 318L1160 288L1336 520L1420 640Z" fill="url(#peak)"/>
<path d="M1052 208L1120 318L1160 288L1336 520L1420 640L1120 640L1092 470L1128 420L1064 352L1086 300Z" fill="url(#shade)"/>
<path d="M930 300L985 352L960 430L1000 500L950 640L820 640L905 470L890 400Z" fill="url(#shade)" opacity="0.55"/>
<g filter="url(#soft)" opacity="0.55"><ellipse cx="900" cy="585" rx="560" ry="34" fill="#fdeede"/><ellipse cx="1330" cy="560" rx="330" ry="26" fill="#fff1dd"/></g>
${ridge(
  [
    [0, 566],
    [210, 528],
    [430, 560],
    [680, 600],
    [930, 580],
    [1180, 604],
    [1380, 560],
    [1536, 578],
  ],
  768,
  '#8ea3d0',
)}
<path d="M0 648C260 590 520 640 800 664S1320 612 1536 640V768H0Z" fill="url(#snow)"/>
${[
  [1010, 664, 96],
  [1066, 668, 128],
  [1112, 672, 88],
  [1186, 672, 150],
  [1246, 668, 112],
  [1318, 664, 172],
  [1384, 660, 128],
  [1446, 660, 196],
  [1508, 664, 150],
  [884, 672, 66],
  [930, 672, 84],
  [742, 668, 48],
  [640, 664, 40],
]
  .map(([x, y, height], index) => fir(x!, y!, height!, index % 2 ? '#243a5e' : '#1b2d4d'))
  .join('')}
<path d="M0 712C330 660 700 730 1010 716S1400 690 1536 706V768H0Z" fill="#f4f7fe"/>`,
)

/** An armchair beside a lamp, before a warm wall. */
export const livingRoom: Scene = scene(
  1200,
  628,
  `<defs>${gradient('wall', [
    [0, '#f6d9c2'],
    [1, '#eec3a4'],
  ])}${gradient('floor', [
    [0, '#c98f6b'],
    [1, '#a96f4f'],
  ])}${gradient('cloth', [
    [0, '#2f7f86'],
    [1, '#1d5a63'],
  ])}${gradient('seat', [
    [0, '#3b929a'],
    [1, '#27707a'],
  ])}${gradient('shade', [
    [0, '#fff3d6'],
    [1, '#ffd991'],
  ])}${glow('light', '#fff1c9', 0.95)}${blur('soft', 12)}</defs>
<rect width="1200" height="628" fill="url(#wall)"/>
<circle cx="700" cy="150" r="330" fill="url(#light)"/>
<rect y="500" width="1200" height="128" fill="url(#floor)"/>
<rect y="494" width="1200" height="10" fill="#fbe9db"/>
<g transform="translate(66 76) scale(0.88)"><ellipse cx="880" cy="568" rx="300" ry="36" fill="#e9d8c6"/><ellipse cx="880" cy="568" rx="262" ry="28" fill="#d9bfa6"/>
<ellipse cx="890" cy="560" rx="200" ry="18" fill="#5b3522" opacity="0.45" filter="url(#soft)"/>
<g><rect x="694" y="196" width="8" height="356" fill="#3a2a22"/><ellipse cx="698" cy="554" rx="44" ry="9" fill="#3a2a22"/>
<path d="M652 104H744L774 204H622Z" fill="url(#shade)"/></g>
<g><path d="M742 520L730 566H744L760 520ZM1016 520L1030 566H1016L1000 520Z" fill="#5a3a28"/>
<path d="M760 286C760 246 790 232 880 232S1000 246 1000 286V470H760Z" fill="url(#cloth)"/>
<path d="M790 300C790 274 812 264 880 264S970 274 970 300V420H790Z" fill="#347f88" opacity="0.7"/>
<rect x="772" y="414" width="216" height="66" rx="26" fill="url(#seat)"/>
<path d="M716 392C716 362 776 362 776 392V526H742C726 526 716 516 716 500ZM1044 392C1044 362 984 362 984 392V526H1018C1034 526 1044 516 1044 500Z" fill="url(#cloth)"/>
<rect x="742" y="470" width="276" height="56" rx="16" fill="#1b525b"/>
<g transform="rotate(-12 832 392)"><rect x="786" y="346" width="92" height="84" rx="18" fill="#f2a65a"/><path d="M786 388h92M832 346v84" stroke="#e08a35" stroke-width="4"/></g></g></g>
<g transform="translate(0 10)"><path d="M1098 470h72l-10 92h-52Z" fill="#e8ddd0"/><path d="M1098 470h72l-2 16h-68Z" fill="#d6c6b4"/>
<g fill="#3f7d4f"><path d="M1134 474C1126 400 1092 360 1066 344C1074 400 1098 446 1134 474Z"/><path d="M1134 474C1136 380 1120 322 1098 288C1094 350 1106 420 1134 474Z" fill="#4d9460"/><path d="M1134 474C1150 384 1176 342 1196 326C1196 392 1172 444 1134 474Z"/><path d="M1134 474C1130 372 1142 318 1158 276C1174 344 1164 420 1134 474Z" fill="#5aa36c"/></g></g>`,
)

/** A bottle on a round pedestal. */
export const bottle: Scene = scene(
  1080,
  1350,
  `<defs>${gradient('wall', [
    [0, '#dfe7dc'],
    [0.7, '#bccbbb'],
    [1, '#a9bba9'],
  ])}${gradient('floor', [
    [0, '#b4c4b2'],
    [1, '#8ea28f'],
  ])}${gradient(
    'stone',
    [
      [0, '#f4f1ea'],
      [0.45, '#e4dfd4'],
      [1, '#b8b1a3'],
    ],
    false,
  )}${gradient(
    'glass',
    [
      [0, '#6b3d16'],
      [0.16, '#b8732e'],
      [0.34, '#8a5220'],
      [0.72, '#5f3512'],
      [1, '#3d2009'],
    ],
    false,
  )}${gradient(
    'cap',
    [
      [0, '#2d2f31'],
      [0.22, '#6d7175'],
      [0.45, '#34373a'],
      [1, '#17181a'],
    ],
    false,
  )}${glow('light', '#ffffff', 0.85)}${blur('soft', 22)}${blur('softer', 9)}</defs>
<rect width="1080" height="1350" fill="url(#wall)"/>
<circle cx="330" cy="330" r="620" fill="url(#light)"/>
<circle cx="540" cy="470" r="330" fill="#cfdccd"/>
<g filter="url(#softer)" opacity="0.28" fill="#4f6b54"><path d="M1080 60C930 90 830 180 790 300C900 280 1010 200 1080 120Z"/><path d="M1080 210C960 250 880 330 850 440C950 410 1030 340 1080 270Z"/><path d="M1010 0C900 10 800 70 740 160C850 160 950 90 1010 0Z"/></g>
<rect y="830" width="1080" height="520" fill="url(#floor)"/>
<ellipse cx="620" cy="960" rx="430" ry="62" fill="#41553f" opacity="0.5" filter="url(#soft)"/>
<path d="M250 800V930C250 985 830 985 830 930V800Z" fill="url(#stone)"/><ellipse cx="540" cy="800" rx="290" ry="54" fill="#f6f3ec"/>
<ellipse cx="600" cy="806" rx="190" ry="26" fill="#6c5a45" opacity="0.5" filter="url(#softer)"/>
<path d="M412 420C412 366 470 356 476 330V300H604V330C610 356 668 366 668 420V782C668 806 650 816 628 818H452C430 816 412 806 412 782Z" fill="url(#glass)"/>
<path d="M438 430C438 400 462 388 482 376V800H458C446 800 438 792 438 780Z" fill="#ffd9a3" opacity="0.3"/>
<rect x="466" y="168" width="148" height="140" rx="14" fill="url(#cap)"/><rect x="466" y="284" width="148" height="10" fill="#0e0f10" opacity="0.5"/>
<rect x="412" y="500" width="256" height="210" fill="#f3eee3"/><rect x="412" y="500" width="40" height="210" fill="#ffffff" opacity="0.5"/><rect x="600" y="500" width="68" height="210" fill="#7c6f5a" opacity="0.18"/>
<g fill="none" stroke="#0b6e4f" stroke-width="7" stroke-linecap="round"><path d="M540 668C540 610 540 584 540 548"/><path d="M540 620C506 616 492 596 490 568C522 570 540 590 540 620ZM540 600C572 596 588 574 588 548C558 550 540 570 540 600Z" fill="#0b6e4f" fill-opacity="0.16"/></g>`,
)
