// Source: the API's specification of 2026-08-22, whose enumerations these are.

/** Ids of all models, those of others among them; the flash model is younger than the specification. */
export const MODELS: readonly string[] = `
  recraftv4_1_flash refm1 recraft20b recraftv2 recraftv2_raster recraftv2_vector recraftv3 recraftv3_raster recraftv3_vector
  recraftv4 recraftv4_raster recraftv4_vector recraftv4_pro recraftv4_pro_raster recraftv4_pro_vector recraftv4_1
  recraftv4_1_raster recraftv4_1_vector recraftv4_1_pro recraftv4_1_pro_raster recraftv4_1_pro_vector
  recraftv4_1_utility recraftv4_1_utility_raster recraftv4_1_utility_vector recraftv4_1_utility_pro
  recraftv4_1_utility_pro_raster recraftv4_1_utility_pro_vector recraftv4_explore recraftv4_explore_raster
  recraftv4_explore_vector recraftv4_styles recraftv4_styles_raster recraftv4_styles_vector recraftv4_styles_pro
  recraftv4_styles_pro_raster recraftv4_styles_pro_vector flux1_kontext_pro flux1_kontext_max flux1_1pro flux1dev
  imagen3 imagen4 imagen4_ultra hidream_i1_dev gpt_image_1_low gpt_image_1_medium gpt_image_1_high
  gpt_image_1p5_low gpt_image_1p5_medium gpt_image_1p5_high gpt_image_2_low gpt_image_2_medium gpt_image_2_high
  ideogram_v3_turbo ideogram_v3_default ideogram_v3_quality ideogram_v4_turbo ideogram_v4_balanced
  ideogram_v4_quality qwen_image qwen_image_2 gemini_25_flash_image bytedance-seedreamv4 bytedance_seedreamv4p5
  nano_banana_pro nano_banana_pro_4k nano_banana_2 nano_banana_2_with_4k nano_banana_2_lite flux2_dev flux2_pro
  flux2_flex flux2_max z_image_turbo bytedance_seedreamv5_lite bytedance_seedreamv5_pro qwen_image_2_pro
  qwen_image_3 qwen_image_3_2k flux1_schnell grok_imagine_image grok_imagine_image_2 imagineart_2 krea_2_large
  krea_2_medium krea_2_turbo cosmos_3_super reve_2_1 veo3p1 veo3p1_fast veo3p1_lite veo3 veo3_fast veo2
  gemini_omni_flash sora2_pro sora2 ray2 ray2_flash kling2p6_pro kling2p5_turbo kling2p1_master hailuo02_pro
  hailuo02_standard hailuo2p3_pro hailuo2p3_standard minimaxh3 wan2p7 wan2p6 wan2p5_preview wan2p2_a14b
  bytedance_seedance1p5 bytedance_seedance2 bytedance_seedance2_fast bytedance_seedance2p5 pixverse_v5p5
  pixverse_v5p6 pixverse_v6 grok_imagine_video grok_imagine_video_1p5 kling3_pro kling3_standard kling3_omni_pro
  kling3_omni_standard kling3_turbo happy_horse_1 happy_horse_1p1 flux3_video recraft_super_resolution
  recraft_generative_upscale topaz
`
  .trim()
  .split(/\s+/)

/** Refinements of a style. */
export const SUBSTYLES: readonly string[] = `
  2d_art_poster 3d 80s glow grain hand_drawn infantile_sketch kawaii pixel_art psychedelic seamless voxel
  watercolor broken_line colored_outline colored_shapes colored_shapes_gradient doodle_fill doodle_offset_fill
  offset_fill outline outline_gradient cartoon doodle_line_art engraving flat_2 line_art linocut b_and_w
  enterprise hard_flash hdr motion_blur natural_light studio_portrait line_circuit 2d_art_poster_2 engraving_color
  hand_drawn_outline handmade_3d plastic pictogram antiquarian bold_fantasy child_book cover crosshatch
  digital_engraving expressionism freehand_details grain_20 graphic_intensity hard_comics long_shadow modern_folk
  multicolor neon_calm noir nostalgic_pastel outline_details pastel_gradient pastel_sketch pop_art pop_renaissance
  street_art tablet_sketch urban_glow urban_sketching young_adult_book young_adult_book_2 evening_light
  faded_nostalgia forest_life mystic_naturalism natural_tones organic_calm real_life_glow retro_realism
  retro_snapshot urban_drama village_realism warm_folk bold_stroke chemistry colored_stencil cosmics cutout
  depressive editorial emotional_flat marker_outline mosaic naivector roundish_flat segmented_colors
  sharp_contrast thin vector_photo vivid_shapes emblem_graffiti emblem_pop_art emblem_punk emblem_stamp
  emblem_vintage
`
  .trim()
  .split(/\s+/)

/** Sizes by their ratio, for every model. */
export const RATIOS: readonly string[] = `
  1:1 2:1 1:2 3:2 2:3 4:3 3:4 5:4 4:5 6:10 14:10 10:14 16:9 9:16
`
  .trim()
  .split(/\s+/)

/** Sizes of versions 2 and 3. */
export const SIZES: readonly string[] = `
  1024x1024 1365x1024 1024x1365 1536x1024 1024x1536 1820x1024 1024x1820 1024x2048 2048x1024 1434x1024 1024x1434
  1024x1280 1280x1024 1024x1707 1707x1024
`
  .trim()
  .split(/\s+/)

/** Sizes of version 4. */
export const SIZES_V4: readonly string[] = `
  1024x1024 1216x896 896x1216 1280x832 832x1280 1152x896 896x1152 1280x896 896x1280 832x1344 768x1344 1344x768
  768x1536 1536x768
`
  .trim()
  .split(/\s+/)

/** Sizes of version 4 Pro. */
export const SIZES_V4_PRO: readonly string[] = `
  2048x2048 2432x1792 1792x2432 2560x1664 1664x2560 2304x1792 1792x2304 2560x1792 1792x2560 1664x2688 1536x2688
  2688x1536 1536x3072 3072x1536
`
  .trim()
  .split(/\s+/)
